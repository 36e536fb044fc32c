/**
 * Metrics of a server for Prometheus. For each model, accepted requests are the sum of those ended, by outcome, and those in
 * progress. Metrics of the process are included, collected once for all servers in it.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** How an accepted request ended. */
export const outcomes = ['completed', 'aborted', 'timed_out', 'stopped', 'failed'] as const
export type Outcome = (typeof outcomes)[number]

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]
const rows = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096]

let processFacts: Registry | undefined

function processRegistry(): Registry {
  if (processFacts === undefined) {
    processFacts = new Registry()
    collectDefaultMetrics({ register: processFacts })
  }
  return processFacts
}

export interface ModelState {
  /** Of unfinished requests. */
  readonly images: number
  /** Of all running parts. */
  readonly rows: number
  readonly requests: number
}

export class Metrics {
  readonly #registry = new Registry()
  readonly #states = new Map<string, () => ModelState>()
  readonly httpRequests = this.#counter('http_requests_total', 'Completed HTTP requests, by route and status.', [
    'route',
    'status',
  ])
  readonly httpSeconds = this.#histogram(
    'http_request_duration_seconds',
    'Time from a request to the end of its response.',
    'route',
  )
  readonly accepted = this.#counter('requests_accepted_total', 'Accepted requests for images.')
  readonly refused = this.#counter('requests_refused_total', 'Requests for images refused because the queue was full.')
  readonly ended = this.#counter('requests_ended_total', 'Ended requests for images, by outcome.', ['model', 'outcome'])
  readonly images = this.#counter('images_total', 'Sampled images, including those of requests that failed.')
  readonly evaluationRows = this.#histogram('evaluation_rows', 'Batch size of an evaluation.')
  readonly evaluationSeconds = this.#histogram(
    'evaluation_duration_seconds',
    'Duration of an evaluation of the denoiser.',
  )

  constructor() {
    this.#gauge('requests_in_progress', 'Accepted requests that have not ended.', state => state.requests)
    this.#gauge('queue_images', 'Images of the requests in progress.', state => state.images)
    this.#gauge('running_rows', 'Rows of all running parts.', state => state.rows)
  }

  /** Adds a model, whose state is read at each scrape, and sets its counters to 0. */
  watch(model: string, state: () => ModelState): void {
    this.#states.set(model, state)
    for (const counter of [this.accepted, this.refused, this.images]) counter.inc({ model }, 0)
    for (const outcome of outcomes) this.ended.inc({ model, outcome }, 0)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return Registry.merge([this.#registry, processRegistry()]).metrics()
  }

  #counter(name: string, help: string, labelNames = ['model']): Counter {
    return new Counter({ name: `mixflow_${name}`, help, labelNames, registers: [this.#registry] })
  }

  /** In seconds where the name says so, else in rows. */
  #histogram(name: string, help: string, label = 'model'): Histogram {
    const buckets = name.endsWith('_seconds') ? seconds : rows
    return new Histogram({ name: `mixflow_${name}`, help, labelNames: [label], buckets, registers: [this.#registry] })
  }

  #gauge(name: string, help: string, value: (state: ModelState) => number): void {
    const states = this.#states
    new Gauge({
      name: `mixflow_${name}`,
      help,
      labelNames: ['model'],
      registers: [this.#registry],
      collect() {
        for (const [model, state] of states) this.set({ model }, value(state()))
      },
    })
  }
}
