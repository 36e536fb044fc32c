/** Runs the requests for a model: checks and queues them, and splits them into parts that share evaluations. */
import {
  type Capabilities,
  isAdaptive,
  type Manifest,
  MixflowError,
  nfeOf,
  type PlanarImage,
  type SampledImage,
  type SampleProgress,
  type SampleRequest,
  type SampleResult,
  sample,
} from '@mixflow/core'
import {
  callsPerEvaluation,
  inferLabel,
  type ResolvedRequest,
  resolveRequest,
  resolveVariations,
  variations,
} from '@mixflow/core/internal'
import type { Metrics, Outcome } from '../metrics.ts'
import type { ResolvedOptions } from '../options.ts'
import { Deadline } from './deadline.ts'
import { JointBackend, type Networks } from './joint-backend.ts'
import { type Part, Schedule } from './schedule.ts'

/** What the server needs of a model, such as a `NodeModel`. */
export interface ServableModel {
  readonly manifest: Manifest
  capabilities(): Capabilities
  networks(): Networks
}

/** A sampling request, with the image to vary if it is a request for variations. */
export type SamplingRequest = Pick<
  SampleRequest,
  | 'count'
  | 'firstImage'
  | 'seed'
  | 'solver'
  | 'steps'
  | 'nfe'
  | 'gridPower'
  | 'tolerance'
  | 'label'
  | 'guidance'
  | 'mixtureWeight'
> & {
  /** An image of the model's shape. */
  readonly image?: PlanarImage
}

export interface RunOptions {
  /** Its reason is a MixflowError, which the run throws at once; the current evaluation finishes in the background. */
  readonly signal: AbortSignal
  /** Called at once if the request is accepted, with its resolved options. */
  readonly onAccepted?: ((request: ResolvedRequest) => void) | undefined
  /** Called and awaited after each step of each part; `fraction` is that of the whole request. */
  readonly onStep?: ((progress: SampleProgress) => void | Promise<void>) | undefined
  /** Called with finished images, in order. */
  readonly onImages?: ((images: readonly SampledImage[]) => void) | undefined
}

export type RunResult = Omit<SampleResult, 'timings'>

export interface RunnerParts {
  readonly name: string
  readonly model: ServableModel
  readonly limits: Pick<ResolvedOptions, 'largestBatch' | 'maxNetworkCalls' | 'maxQueue' | 'timeoutSeconds'>
  readonly metrics: Metrics
}

export class ModelRunner {
  readonly name: string
  readonly model: ServableModel
  readonly #limits: RunnerParts['limits']
  readonly #metrics: Metrics
  readonly #schedule: Schedule
  readonly #networks: JointBackend
  #requests = 0
  /** Duration of all evaluations, and images finished by them. */
  readonly #spent = { seconds: 0, images: 0 }

  constructor({ name, model, limits, metrics }: RunnerParts) {
    this.name = name
    this.model = model
    this.#limits = limits
    this.#metrics = metrics
    this.#schedule = new Schedule(limits.largestBatch)
    this.#networks = new JointBackend({
      networks: model.networks(),
      image: model.manifest.image,
      joinsNoise: model.manifest.source?.kappa === 'image+noise',
      onEvaluation: ({ rows, seconds }) => {
        metrics.evaluationRows.observe({ model: name }, rows)
        metrics.evaluationSeconds.observe({ model: name }, seconds)
        this.#spent.seconds += seconds
      },
    })
    const schedule = this.#schedule
    metrics.watch(name, () => ({ images: schedule.images, rows: schedule.rows, requests: this.#requests }))
  }

  /** @throws MixflowError REQUEST_INVALID; SERVER_BUSY if the queue is full */
  #check({ image, ...options }: SamplingRequest): ResolvedRequest {
    const resolve = image === undefined ? resolveRequest : resolveVariations
    const resolved = resolve(options, this.model.manifest)
    const { maxNetworkCalls, maxQueue } = this.#limits
    const { solver, steps, count } = resolved
    const calls = isAdaptive(solver) ? 0 : nfeOf(solver, steps!) * callsPerEvaluation(resolved)
    if (calls > maxNetworkCalls) {
      const message = `the request needs ${calls} network calls per image; this server allows at most ${maxNetworkCalls}`
      const hint = 'use fewer steps, or no guidance, which doubles the number of calls'
      throw new MixflowError('REQUEST_INVALID', message, { hint })
    }
    if (this.#schedule.images + count <= maxQueue) return resolved
    this.#metrics.refused.inc({ model: this.name })
    const message = `the queue is full: it has ${this.#schedule.images} of at most ${maxQueue} images`
    throw new MixflowError('SERVER_BUSY', message, {
      hint: 'try again later, or request fewer images',
      details: { retryAfterSeconds: this.#secondsToWait() },
    })
  }

  /** Estimated time until the queue is empty, 1..60. */
  #secondsToWait(): number {
    const { seconds, images } = this.#spent
    const expected = images === 0 ? 1 : (this.#schedule.images * seconds) / images
    return Math.min(60, Math.max(1, Math.ceil(expected)))
  }

  /**
   * Runs a request. Image i of a seed is that of `model.sample`, whatever else runs. Adaptive solvers choose the steps of each
   * image separately.
   *
   * @throws MixflowError REQUEST_INVALID; SERVER_BUSY if the queue is full; SERVER_TIMEOUT; the signal's reason; SOLVER_FAILED,
   *   MODEL_OUTPUT_INVALID; what the networks throw
   */
  async run(request: SamplingRequest, options: RunOptions): Promise<RunResult> {
    const resolved = this.#check(request)
    using deadline = new Deadline({
      signal: options.signal,
      seconds: this.#limits.timeoutSeconds,
      secondsToWait: () => this.#secondsToWait(),
    })
    this.#metrics.accepted.inc({ model: this.name })
    this.#requests++
    options.onAccepted?.(resolved)
    const work = this.#sample({ request, resolved, deadline, options })
    // counted as ended once nothing of it runs; the response does not wait for that
    const end = (outcome: Outcome) => {
      this.#requests--
      this.#metrics.ended.inc({ model: this.name, outcome })
    }
    work.then(
      () => end('completed'),
      () => end(outcomeOf(deadline.signal)),
    )
    return await deadline.orAborted(work)
  }

  /** Infers the class of the image to vary, once for all parts, if the model has classes and the request has no label. */
  async #labelOf({ image, label }: SamplingRequest, deadline: Deadline): Promise<{ label?: number }> {
    const model = this.model.manifest
    if (image === undefined || label !== undefined || model.labels === null) return {}
    const rows = Math.max(2, Math.floor(this.#limits.largestBatch / 2))
    const batchSize = Math.min(rows, model.labels.count)
    const found: { label?: number } = {}
    const run = async ({ signal }: Part) => {
      deadline.hasBegun = true
      const backend = this.#networks.backend(signal)
      found.label = await inferLabel({ backend, model, request: { batchSize, signal } }, image.data)
    }
    await this.#schedule.add({ images: 1, rowsPerImage: batchSize, signal: deadline.signal, run })
    return found
  }

  async #sample({ request, resolved, deadline, options }: Run): Promise<RunResult> {
    const started = performance.now()
    const { count, seed, firstImage, solver } = resolved
    const images: SampledImage[] = []
    let steps = 0
    const { image, ...sampling } = request
    const { manifest } = this.model
    const whole = { ...sampling, ...(await this.#labelOf(request, deadline)), seed, firstImage }
    const run = async (part: Part) => {
      deadline.hasBegun = true
      const backend = this.#networks.backend(part.signal)
      const partRequest = {
        ...partOf(whole, part),
        ...perImage(resolved),
        signal: part.signal,
        ...(options.onStep && { onStep: totalProgress(options.onStep, { part, count }) }),
      }
      const result = await (image === undefined
        ? sample(backend, manifest, partRequest)
        : variations(backend, manifest, { image, request: partRequest }))
      images.push(...result.images)
      steps += result.steps * part.images
      this.#spent.images += part.images
      this.#metrics.images.inc({ model: this.name }, part.images)
      options.onImages?.(result.images)
    }
    await this.#schedule.add({
      images: count,
      rowsPerImage: callsPerEvaluation(resolved),
      signal: deadline.signal,
      run,
    })
    const nfe = images.reduce((sum, image) => sum + image.nfe, 0) / count
    const networkCalls = nfe * callsPerEvaluation(resolved)
    const milliseconds = performance.now() - started
    return { images, seed, solver, nfe, networkCalls, steps: steps / count, milliseconds }
  }
}

interface Run {
  readonly request: SamplingRequest
  readonly resolved: ResolvedRequest
  readonly deadline: Deadline
  readonly options: RunOptions
}

/** With adaptive solvers, the steps of an image must not depend on the rest of its batch. */
const perImage = ({ solver }: Pick<ResolvedRequest, 'solver'>) => (isAdaptive(solver) ? { perImage: true } : {})

const partOf = (
  { label, ...whole }: Omit<SamplingRequest, 'image'> & { firstImage: number },
  { first, images }: Part,
): SampleRequest => ({
  ...whole,
  ...(label !== undefined && { label: Array.isArray(label) ? label.slice(first, first + images) : label }),
  firstImage: whole.firstImage + first,
  count: images,
  batchSize: images,
})

/** Calls `onStep` with the progress of the whole request. */
const totalProgress =
  (onStep: NonNullable<RunOptions['onStep']>, { part, count }: { readonly part: Part; readonly count: number }) =>
  (progress: SampleProgress) =>
    onStep({ ...progress, count, fraction: (part.first + part.images * progress.fraction) / count })

function outcomeOf({ aborted, reason }: AbortSignal): Outcome {
  const code = aborted && MixflowError.is(reason) ? reason.code : undefined
  if (code === 'ABORTED') return 'aborted'
  if (code === 'SERVER_TIMEOUT') return 'timed_out'
  return code === 'SERVER_STOPPING' ? 'stopped' : 'failed'
}
