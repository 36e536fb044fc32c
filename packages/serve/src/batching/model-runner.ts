/** A model at work for many: requests are checked, queued, cut into parts that share evaluations, and put together again. */
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
import { inferLabel, type ResolvedRequest, resolveRequest, resolveVariations, variations } from '@mixflow/core/internal'
import type { Metrics, Outcome } from '../metrics.ts'
import type { ResolvedOptions } from '../options.ts'
import { Deadline } from './deadline.ts'
import { JointBackend, type Networks } from './joint-backend.ts'
import { type Part, Schedule } from './schedule.ts'

/** What is needed of a model; a `NodeModel` has it. */
export interface ServableModel {
  readonly manifest: Manifest
  capabilities(): Capabilities
  networks(): Networks
}

/** A sampling request as it comes over a wire. */
export type ImagesWanted = Pick<
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
  /** Of the model's shape: the images are its variations. */
  readonly picture?: PlanarImage
}

export interface RunOptions {
  /** Its reason is a MixflowError, which the run then throws at once; its evaluation that runs is the last. */
  readonly signal: AbortSignal
  /** Told at once that the request was taken on, and how it was completed. */
  readonly onAccepted?: ((request: ResolvedRequest) => void) | undefined
  /** After each step of each part; `fraction` is that of the whole request. Awaited. */
  readonly onStep?: ((progress: SampleProgress) => void | Promise<void>) | undefined
  /** Images that are finished, in order. */
  readonly onImages?: ((images: readonly SampledImage[]) => void) | undefined
}

export type Made = Omit<SampleResult, 'timings'>

export interface RunnerParts {
  readonly name: string
  readonly model: ServableModel
  readonly limits: Pick<ResolvedOptions, 'largestBatch' | 'maxNfe' | 'maxQueue' | 'timeoutSeconds'>
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
  /** Time that evaluations took, and images that came of them. */
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

  /** @throws MixflowError REQUEST_INVALID, SERVER_BUSY where the queue is full */
  #check({ picture, ...wanted }: ImagesWanted): ResolvedRequest {
    const resolve = picture === undefined ? resolveRequest : resolveVariations
    const resolved = resolve(wanted, this.model.manifest)
    const { maxNfe, maxQueue } = this.#limits
    const { solver, steps, count } = resolved
    const nfe = isAdaptive(solver) ? 0 : nfeOf(solver, steps!) * rowsPerImage(resolved)
    if (nfe > maxNfe) {
      const message = `this server makes at most ${maxNfe} calls of the network per image, not ${nfe}`
      const hint = 'use fewer steps; guidance takes two calls for each evaluation'
      throw new MixflowError('REQUEST_INVALID', message, { hint })
    }
    if (this.#schedule.images + count <= maxQueue) return resolved
    this.#metrics.refused.inc({ model: this.name })
    throw new MixflowError('SERVER_BUSY', `the queue has ${this.#schedule.images} images, and room for ${maxQueue}`, {
      hint: 'ask again later, or for fewer images',
      details: { retryAfterSeconds: this.#secondsToWait() },
    })
  }

  /** How long what is queued will about take, going by what ran so far: 1..60. */
  #secondsToWait(): number {
    const { seconds, images } = this.#spent
    const expected = images === 0 ? 1 : (this.#schedule.images * seconds) / images
    return Math.min(60, Math.max(1, Math.ceil(expected)))
  }

  /**
   * Image i of a seed is that of `model.sample`, whatever else runs. Adaptive solvers choose the steps for each image by itself.
   *
   * @throws MixflowError REQUEST_INVALID; SERVER_BUSY where the queue is full; SERVER_TIMEOUT; the signal's reason; SOLVER_FAILED,
   * MODEL_OUTPUT_INVALID; what the networks throw
   */
  async run(wanted: ImagesWanted, options: RunOptions): Promise<Made> {
    const request = this.#check(wanted)
    using deadline = new Deadline({
      signal: options.signal,
      seconds: this.#limits.timeoutSeconds,
      secondsToWait: () => this.#secondsToWait(),
    })
    this.#metrics.accepted.inc({ model: this.name })
    this.#requests++
    options.onAccepted?.(request)
    const work = this.#make({ wanted, request, deadline, options })
    // counted as over when nothing of it runs any more, and answered at once
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

  /** The class of the picture as the model sees it, where it has classes and the request names none: once for all parts. */
  async #labelOf({ picture, label }: ImagesWanted, deadline: Deadline): Promise<{ label?: number }> {
    const model = this.model.manifest
    if (picture === undefined || label !== undefined || model.labels === null) return {}
    const rows = Math.max(2, Math.floor(this.#limits.largestBatch / 2))
    const batchSize = Math.min(rows, model.labels.count)
    const found: { label?: number } = {}
    const run = async ({ signal }: Part) => {
      deadline.hasBegun = true
      const backend = this.#networks.backend(signal)
      found.label = await inferLabel({ backend, model, request: { batchSize, signal } }, picture.data)
    }
    await this.#schedule.add({ images: 1, rowsPerImage: batchSize, signal: deadline.signal, run })
    return found
  }

  async #make({ wanted, request, deadline, options }: Making): Promise<Made> {
    const started = performance.now()
    const { count, seed, firstImage, solver } = request
    const images: SampledImage[] = []
    let steps = 0
    const { picture, ...open } = wanted
    const { manifest } = this.model
    const whole = { ...open, ...(await this.#labelOf(wanted, deadline)), seed, firstImage }
    const run = async (part: Part) => {
      deadline.hasBegun = true
      const backend = this.#networks.backend(part.signal)
      const partRequest = {
        ...partOf(whole, part),
        ...perImage(request),
        signal: part.signal,
        ...(options.onStep && { onStep: progressOfAll(options.onStep, { part, count }) }),
      }
      const result = await (picture === undefined
        ? sample(backend, manifest, partRequest)
        : variations(backend, manifest, { picture, request: partRequest }))
      images.push(...result.images)
      steps += result.steps * part.images
      this.#spent.images += part.images
      this.#metrics.images.inc({ model: this.name }, part.images)
      options.onImages?.(result.images)
    }
    await this.#schedule.add({ images: count, rowsPerImage: rowsPerImage(request), signal: deadline.signal, run })
    const nfe = images.reduce((sum, image) => sum + image.nfe, 0) / count
    return { images, seed, solver, nfe, steps: steps / count, milliseconds: performance.now() - started }
  }
}

interface Making {
  readonly wanted: ImagesWanted
  readonly request: ResolvedRequest
  readonly deadline: Deadline
  readonly options: RunOptions
}

const rowsPerImage = ({ guidance }: ResolvedRequest): 1 | 2 => (guidance > 0 ? 2 : 1)

/** Images of others in the batch must not change the steps. */
const perImage = ({ solver }: Pick<ResolvedRequest, 'solver'>) => (isAdaptive(solver) ? { perImage: true } : {})

const partOf = (
  { label, ...wanted }: Omit<ImagesWanted, 'picture'> & { firstImage: number },
  { first, images }: Part,
): SampleRequest => ({
  ...wanted,
  ...(label !== undefined && { label: Array.isArray(label) ? label.slice(first, first + images) : label }),
  ...{ firstImage: wanted.firstImage + first, count: images, batchSize: images },
})

interface Whole {
  readonly part: Part
  readonly count: number
}

/** `onStep` of a part, told of the whole. */
const progressOfAll =
  (onStep: NonNullable<RunOptions['onStep']>, { part, count }: Whole) =>
  (progress: SampleProgress) =>
    onStep({ ...progress, count, fraction: (part.first + part.images * progress.fraction) / count })

function outcomeOf({ aborted, reason }: AbortSignal): Outcome {
  const code = aborted && MixflowError.is(reason) ? reason.code : undefined
  if (code === 'ABORTED') return 'aborted'
  if (code === 'SERVER_TIMEOUT') return 'timed_out'
  return code === 'SERVER_STOPPING' ? 'stopped' : 'failed'
}
