/**
 * The loop behind every sampling call: for each batch its start, the solver over the guided velocity, images out. Forward it carries the
 * source to data, backward data to the source. The backend runs the networks and holds the states.
 */
import { MixflowError, throwIfAborted } from '../errors.ts'
import { solveAdaptive } from '../method/ode/adaptive.ts'
import { HeldStates } from '../method/ode/held-states.ts'
import { type Solution, type SolverStep, solve, type Velocity } from '../method/ode/solve.ts'
import { isAdaptive } from '../method/ode/solver.ts'
import type { DenoiserInputs, SampleBackend } from './backend.ts'
import { forEachConcurrently } from './concurrency.ts'
import { elementsOf, type SamplerModel } from './model-facts.ts'
import { Queue } from './queue.ts'
import { defaultBatchSize, type ResolvedRequest } from './request.ts'
import { SampledImage, type SampleProgress, type SampleResult, splitImages } from './result.ts'

export interface Run<T> {
  readonly backend: SampleBackend<T>
  readonly model: SamplerModel
  readonly request: ResolvedRequest
}

export interface Batch {
  /** Index of the first image. */
  readonly firstImage: number
  readonly images: number
  /** One per image, if the model has classes. */
  readonly labels: Int32Array | undefined
}

export interface Integration {
  /** Returns where a batch starts, `[images, C, H, W]`; the array may be changed afterwards. */
  readonly start: (batch: Batch) => Float32Array | Promise<Float32Array>
  /** Integrate from data to source. Default: false. */
  readonly backward?: boolean
}

/** @throws MixflowError ABORTED, MODEL_OUTPUT_INVALID, SOLVER_FAILED; errors of the backend pass through */
export async function integrate<T>(
  run: Run<T>,
  { start, backward = false }: Integration,
): Promise<Omit<SampleResult, 'seed'>> {
  const started = performance.now()
  const { request, backend } = run
  const { count, solver, signal } = request
  const timings = { source: 0, solve: 0 }
  const images: SampledImage[] = []
  const reporter = new Reporter(run)
  let steps = 0
  await forEachConcurrently(batches(run), backend.concurrency ?? 1, async (batch, checkContinue) => {
    throwIfAborted(signal)
    const sourceStarted = performance.now()
    const x = await start(batch)
    const solveStarted = performance.now()
    const solution = await solveBatch(run, batch, { x, backward, checkContinue, reporter })
    timings.source += solveStarted - sourceStarted
    timings.solve += performance.now() - solveStarted
    steps += solution.steps * batch.images
    for (const image of checkedImages(run, batch, solution)) images[image.index - request.firstImage] = image
  })
  const nfe = images.reduce((sum, image) => sum + image.nfe, 0) / count
  const milliseconds = performance.now() - started
  return {
    images,
    nfe,
    networkCalls: nfe * callsPerEvaluation(request),
    steps: steps / count,
    solver,
    milliseconds,
    timings,
  }
}

/** The batches of a run; without a batch size they are small enough to use the backend's whole concurrency. */
export function* batches<T>({ backend: { concurrency = 1 }, request }: Run<T>): Generator<Batch> {
  const { count, firstImage: first, perImage, labels } = request
  const { batchSize = Math.min(defaultBatchSize, Math.ceil(count / concurrency)) } = request
  const size = perImage ? 1 : batchSize
  for (let done = 0; done < count; done += size) {
    const images = Math.min(size, count - done)
    yield { firstImage: first + done, images, labels: labels?.slice(done, done + images) }
  }
}

interface BatchStart<T> {
  readonly x: Float32Array
  readonly backward: boolean
  /** Throws if another batch has failed. */
  readonly checkContinue: () => void
  readonly reporter: Reporter<T>
}

async function solveBatch<T>(
  run: Run<T>,
  batch: Batch,
  { x, backward, checkContinue, reporter }: BatchStart<T>,
): Promise<BatchResult & { readonly steps: number }> {
  const { backend, request } = run
  const { space } = backend
  const guided = guidedVelocity(run, batch)
  const velocity: Velocity<T> = (x, t) => {
    checkContinue()
    return guided(x, t)
  }
  const { solver, steps = 0, gridPower, tolerance, signal } = request
  const onStep =
    request.onStep &&
    ((step: SolverStep<T>) => reporter.report(batch, step, { fraction: backward ? 1 - step.t : step.t, checkContinue }))
  const options = { ...(backward && { from: 1, to: 0 }), space, signal, onStep }
  const held = new HeldStates(space)
  try {
    const state = held.keep(await backend.upload(x))
    const solution: Solution<T> = isAdaptive(solver)
      ? await solveAdaptive(velocity, state, { solver, rtol: tolerance, atol: tolerance, ...options }).catch(withHint)
      : await solve(velocity, state, { solver, steps, gridPower, ...options })
    const data = await backend.download(held.keep(solution.x))
    return { data, steps: solution.steps, nfe: solution.nfe }
  } finally {
    held.releaseAllBut()
  }
}

/** Replaces the solver's hint, since a request has one `tolerance` instead of rtol and atol. */
function withHint(error: unknown): never {
  if (!MixflowError.is(error) || error.code !== 'SOLVER_FAILED') throw error
  const hint =
    'use a fixed-step solver such as "heun", or raise tolerance; if the velocity is not finite, the model is at fault'
  throw new MixflowError(error.code, error.message, { hint, details: error.details })
}

/** Calls of the denoiser for one evaluation of the velocity. */
export const callsPerEvaluation = ({ guidance }: Pick<ResolvedRequest, 'guidance'>): 1 | 2 => (guidance > 0 ? 2 : 1)

/** v(label) + guidance · (v(label) − v(no label)). */
function guidedVelocity<T>({ backend, model, request }: Run<T>, { images, labels }: Batch): Velocity<T> {
  const { guidance } = request
  const w = model.source?.conditionOnWeight ? new Float32Array(images).fill(request.mixtureWeight) : undefined
  const inputs = (t: number, label: Int32Array | undefined): DenoiserInputs => ({
    t: new Float32Array(images).fill(t),
    ...(label && { label }),
    ...(w && { w }),
  })
  if (guidance === 0 || labels === undefined || model.labels === null) {
    return (x, t) => backend.velocity(x, inputs(t, labels))
  }

  const noLabel = new Int32Array(images).fill(model.labels.count)
  return async (x, t) => {
    const held = new HeldStates(backend.space)
    try {
      const [labelled, unlabelled] = [inputs(t, labels), inputs(t, noLabel)]
      const pair = backend.velocityPair && (await backend.velocityPair(x, labelled, unlabelled))
      const conditional = held.keep(pair?.[0] ?? (await backend.velocity(x, labelled)))
      const unconditional = held.keep(pair?.[1] ?? (await backend.velocity(x, unlabelled)))
      return await backend.space.combine([
        { factor: 1 + guidance, of: conditional },
        { factor: -guidance, of: unconditional },
      ])
    } finally {
      held.releaseAllBut()
    }
  }
}

/** Calls `onStep` for one step after the other, also if batches run concurrently. */
class Reporter<T> {
  readonly #run: Run<T>
  readonly #queue = new Queue()
  /** Images done in each running batch, in fractions of its way. */
  readonly #running = new Map<Batch, number>()
  #finished = 0
  #failed: { readonly error: unknown } | undefined

  constructor(run: Run<T>) {
    this.#run = run
  }

  report(
    batch: Batch,
    { step, t, nfe, x }: SolverStep<T>,
    { fraction, checkContinue }: { readonly fraction: number; readonly checkContinue: () => void },
  ) {
    const { request, backend } = this.#run
    return this.#queue.run(async () => {
      checkContinue()
      if (this.#failed) throw this.#failed.error
      const progress: SampleProgress = {
        ...{ step, steps: request.steps, t, nfe },
        ...{ count: request.count, firstImage: batch.firstImage, images: batch.images },
        fraction: this.#fraction(batch, fraction),
        preview: async () => toImages(this.#run, batch, { data: (await backend.download(x)).slice(), nfe }),
      }
      try {
        await request.onStep?.(progress)
      } catch (error) {
        this.#failed = { error }
        throw error
      }
    }, request.signal)
  }

  #fraction(batch: Batch, fraction: number): number {
    if (fraction === 1) {
      this.#running.delete(batch)
      this.#finished += batch.images
    } else {
      this.#running.set(batch, batch.images * fraction)
    }
    return [...this.#running.values()].reduce((sum, images) => sum + images, this.#finished) / this.#run.request.count
  }
}

interface BatchResult {
  readonly data: Float32Array
  readonly nfe: number
}

function checkedImages<T>(run: Run<T>, batch: Batch, result: BatchResult): SampledImage[] {
  const { firstImage, images } = batch
  const { data } = result
  const size = elementsOf(run.model.image)
  const expected = images * size
  const refuse = (problem: string) =>
    new MixflowError('MODEL_OUTPUT_INVALID', `the model gave ${problem}`, {
      hint: 'try float32 weights and another device; if the error remains, the export or the training of the model is at fault',
      details: { firstImage },
    })
  if (data.length !== expected) throw refuse(`${data.length} numbers for ${images} images, expected ${expected}`)
  let bad = 0
  while (bad < expected && Number.isFinite(data[bad])) bad++
  if (bad < expected) throw refuse(`${data[bad]} in image ${firstImage + Math.floor(bad / size)}`)
  return toImages(run, batch, result)
}

function toImages<T>({ model, request }: Run<T>, { firstImage, labels }: Batch, { data, nfe }: BatchResult) {
  return splitImages(data, model.image).map((image, i) => {
    const label = labels?.[i]
    return new SampledImage({
      ...image,
      index: firstImage + i,
      seed: request.seed,
      label: label === model.labels?.count ? undefined : label,
      nfe,
    })
  })
}
