/**
 * The loop behind every call of a sampler: for each batch its start, the solver over the guided velocity, images out. Forward
 * it carries the source to data, backward data to the source. What runs the networks, and where states live, is the backend's.
 */
import { MixflowError, throwIfAborted } from '../errors.ts'
import { solveAdaptive } from '../method/ode/adaptive.ts'
import { HeldStates } from '../method/ode/held-states.ts'
import { type Solution, type SolverStep, solve, type Velocity } from '../method/ode/solve.ts'
import { isAdaptive } from '../method/ode/solver.ts'
import type { DenoiserInputs, SampleBackend } from './backend.ts'
import type { SamplerModel } from './model-facts.ts'
import { Queue } from './queue.ts'
import { type ResolvedRequest, usualBatchSize } from './request.ts'
import { SampledImage, type SampleProgress, type SampleResult, splitImages } from './result.ts'
import { sideBySide } from './side-by-side.ts'

export interface Run<T> {
  readonly backend: SampleBackend<T>
  readonly model: SamplerModel
  readonly request: ResolvedRequest
}

export interface Batch {
  /** Index of its first image. */
  readonly firstImage: number
  readonly images: number
  /** One per image, where the model has classes. */
  readonly labels: Int32Array | undefined
}

export interface Integration {
  /** Where a batch starts, `[images, C, H, W]`: an array that may be changed. */
  readonly start: (batch: Batch) => Float32Array | Promise<Float32Array>
  /** From data to source; from source to data unless said. */
  readonly backward?: boolean
}

/** @throws MixflowError ABORTED, MODEL_OUTPUT_INVALID, SOLVER_FAILED. What the backend throws comes through. */
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
  await sideBySide(batches(run), backend.lanes ?? 1, async (batch, goOn) => {
    throwIfAborted(signal)
    const sourced = performance.now()
    const x0 = await start(batch)
    const solving = performance.now()
    const solution = await solveBatch(run, batch, { x: x0, backward, goOn, reporter })
    timings.source += solving - sourced
    timings.solve += performance.now() - solving
    steps += solution.steps * batch.images
    for (const image of toImages(run, batch, solution)) images[image.index - request.firstImage] = image
  })
  const nfe = images.reduce((sum, image) => sum + image.nfe, 0) / count
  return { images, nfe, steps: steps / count, solver, milliseconds: performance.now() - started, timings }
}

/** Where nobody says how large they are, each lane has some of the work. */
export function* batches<T>({ backend: { lanes = 1 }, request }: Run<T>): Generator<Batch> {
  const { count, firstImage: first, perImage, labels } = request
  const { batchSize = Math.min(usualBatchSize, Math.ceil(count / lanes)) } = request
  const size = perImage ? 1 : batchSize
  for (let done = 0; done < count; done += size) {
    const images = Math.min(size, count - done)
    yield { firstImage: first + done, images, labels: labels?.slice(done, done + images) }
  }
}

interface Course<T> {
  readonly x: Float32Array
  readonly backward: boolean
  /** Throws where another batch has failed. */
  readonly goOn: () => void
  readonly reporter: Reporter<T>
}

async function solveBatch<T>(run: Run<T>, batch: Batch, { x, backward, goOn, reporter }: Course<T>) {
  const { backend, request } = run
  const { space } = backend
  const guided = guidedVelocity(run, batch)
  const velocity: Velocity<T> = (x, t) => {
    goOn()
    return guided(x, t)
  }
  const { solver, steps = 0, gridPower, tolerance, signal } = request
  const part = (t: number) => (backward ? 1 - t : t)
  const onStep = request.onStep && ((step: SolverStep<T>) => reporter.tell(batch, step, { part: part(step.t), goOn }))
  const options = { ...(backward && { from: 1, to: 0 }), space, signal, onStep }
  const held = new HeldStates(space)
  try {
    const state = held.keep(await backend.upload(x))
    const solution: Solution<T> = isAdaptive(solver)
      ? await solveAdaptive(velocity, state, { solver, rtol: tolerance, atol: tolerance, ...options }).catch(inOwnWords)
      : await solve(velocity, state, { solver, steps, gridPower, ...options })
    const data = await backend.download(held.keep(solution.x))
    return { data, steps: solution.steps, nfe: solution.nfe * callsPerEvaluation(request) }
  } finally {
    held.releaseAllBut()
  }
}

/** A sampler has one tolerance where the solver has two. */
function inOwnWords(error: unknown): never {
  if (!MixflowError.is(error) || error.code !== 'SOLVER_FAILED') throw error
  const hint =
    'use a fixed-step solver such as "heun", or raise tolerance; a velocity that is not finite is the model’s fault'
  throw new MixflowError(error.code, error.message, { hint, details: error.details })
}

const callsPerEvaluation = ({ guidance }: ResolvedRequest) => (guidance > 0 ? 2 : 1)

/** v(label) + guidance · (v(label) − v(no label)), as one call of the network or two. */
function guidedVelocity<T>({ backend, model, request }: Run<T>, { images, labels }: Batch): Velocity<T> {
  const { guidance } = request
  const w = model.source?.conditionOnWeight ? new Float32Array(images).fill(request.mixtureWeight) : undefined
  const inputs = (t: number, classes: Int32Array | undefined): DenoiserInputs => ({
    t: new Float32Array(images).fill(t),
    ...(classes && { label: classes }),
    ...(w && { w }),
  })
  if (guidance === 0 || labels === undefined || model.labels === null) {
    return (x, t) => backend.velocity(x, inputs(t, labels))
  }

  const noLabel = new Int32Array(images).fill(model.labels.count)
  return async (x, t) => {
    const held = new HeldStates(backend.space)
    try {
      const both = { held, inputs: inputs(t, labels), others: inputs(t, noLabel) }
      const [conditional, unconditional] = await velocityPair(backend, x, both)
      return await backend.space.combine([
        { factor: 1 + guidance, of: conditional },
        { factor: -guidance, of: unconditional },
      ])
    } finally {
      held.releaseAllBut()
    }
  }
}

interface Pair<T> {
  readonly held: HeldStates<T>
  readonly inputs: DenoiserInputs
  readonly others: DenoiserInputs
}

async function velocityPair<T>(backend: SampleBackend<T>, x: T, { held, inputs, others }: Pair<T>): Promise<[T, T]> {
  if (backend.velocityPair !== undefined) {
    const [a, b] = await backend.velocityPair(x, inputs, others)
    return [held.keep(a), held.keep(b)]
  }
  const a = held.keep(await backend.velocity(x, inputs))
  return [a, held.keep(await backend.velocity(x, others))]
}

/** Tells `onStep` of one step after the other, also where batches run side by side. */
class Reporter<T> {
  readonly #run: Run<T>
  readonly #turns = new Queue()
  /** Images that are done, those of batches under way by the part of the way that they have gone. */
  readonly #done = new Map<Batch, number>()
  #finished = 0
  #failed: { readonly error: unknown } | undefined

  constructor(run: Run<T>) {
    this.#run = run
  }

  tell(batch: Batch, solved: SolverStep<T>, { part, goOn }: { readonly part: number; readonly goOn: () => void }) {
    const { request, backend } = this.#run
    return this.#turns.run(async () => {
      goOn()
      if (this.#failed) throw this.#failed.error
      const { step, t, nfe, x } = solved
      const calls = nfe * callsPerEvaluation(request)
      const progress: SampleProgress = {
        ...{ step, steps: request.steps, t, count: request.count, firstImage: batch.firstImage, images: batch.images },
        fraction: this.#fraction(batch, part),
        nfe: calls,
        preview: async () => asImages(this.#run, batch, { data: (await backend.download(x)).slice(), nfe: calls }),
      }
      try {
        await request.onStep?.(progress)
      } catch (error) {
        this.#failed = { error }
        throw error
      }
    }, request.signal)
  }

  #fraction(batch: Batch, part: number): number {
    if (part === 1) {
      this.#done.delete(batch)
      this.#finished += batch.images
    } else {
      this.#done.set(batch, batch.images * part)
    }
    return [...this.#done.values()].reduce((sum, images) => sum + images, this.#finished) / this.#run.request.count
  }
}

interface Numbers {
  readonly data: Float32Array
  readonly nfe: number
}

function toImages<T>(run: Run<T>, batch: Batch, { data, nfe }: Numbers): SampledImage[] {
  const { channels, height, width } = run.model.image
  const { firstImage, images } = batch
  const size = channels * height * width
  const expected = images * size
  if (data.length !== expected) {
    throw outputInvalid(`gave ${data.length} numbers for ${images} images, expected ${expected}`, firstImage)
  }
  let bad = 0
  while (bad < expected && Number.isFinite(data[bad])) bad++
  if (bad < expected)
    throw outputInvalid(`gave ${data[bad]} in image ${firstImage + Math.floor(bad / size)}`, firstImage)
  return asImages(run, batch, { data, nfe })
}

function asImages<T>({ model, request }: Run<T>, { firstImage, labels }: Batch, { data, nfe }: Numbers) {
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

function outputInvalid(message: string, firstImage: number): MixflowError {
  return new MixflowError('MODEL_OUTPUT_INVALID', `the model ${message}`, {
    hint: 'try float32 weights and another device; if it stays, the model was exported or trained wrong',
    details: { firstImage },
  })
}
