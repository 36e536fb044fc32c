/**
 * The loop behind every call of a sampler: for each batch its start, the solver over the guided velocity, images out. Forward
 * it carries the source to data, backward data to the source. What runs the networks, and where states live, is the backend's.
 */
import { MixflowError, throwIfAborted } from '../errors.ts'
import { solveAdaptive } from '../ode/adaptive.ts'
import { HeldStates } from '../ode/held-states.ts'
import { type Solution, type SolverStep, solve, type Velocity } from '../ode/solve.ts'
import { isAdaptive } from '../ode/solver.ts'
import type { DenoiserInputs, SampleBackend } from './backend.ts'
import type { ResolvedRequest, SamplerModel } from './request.ts'
import { SampledImage, type SampleProgress, type SampleResult, splitImages } from './result.ts'

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
  const { request } = run
  const timings = { source: 0, solve: 0 }
  const images: SampledImage[] = []
  let steps = 0
  for (const batch of batches(request)) {
    throwIfAborted(request.signal)
    const sourced = performance.now()
    const x0 = await start(batch)
    const solving = performance.now()
    const solution = await solveBatch(run, batch, { x: x0, backward })
    timings.source += solving - sourced
    timings.solve += performance.now() - solving
    steps += solution.steps * batch.images
    for (const image of toImages(run, batch, solution)) images.push(image)
  }
  const { count, solver } = request
  const nfe = images.reduce((sum, image) => sum + image.nfe, 0) / count
  return { images, nfe, steps: steps / count, solver, milliseconds: performance.now() - started, timings }
}

function* batches({ count, firstImage: first, batchSize, perImage, labels }: ResolvedRequest): Generator<Batch> {
  const size = perImage ? 1 : batchSize
  for (let done = 0; done < count; done += size) {
    const images = Math.min(size, count - done)
    yield { firstImage: first + done, images, labels: labels?.slice(done, done + images) }
  }
}

interface Start {
  readonly x: Float32Array
  readonly backward: boolean
}

async function solveBatch<T>(run: Run<T>, batch: Batch, { x, backward }: Start) {
  const { backend, request } = run
  const { space } = backend
  const velocity = guidedVelocity(run, batch)
  const { solver, steps = 0, gridPower, tolerance, signal } = request
  const part = (t: number) => (backward ? 1 - t : t)
  const onStep = request.onStep && ((step: SolverStep<T>) => request.onStep?.(progress(run, batch, step, part(step.t))))
  const options = { ...(backward && { from: 1, to: 0 }), space, signal, onStep }
  const held = new HeldStates(space)
  try {
    const state = held.keep(await backend.upload(x))
    const solution: Solution<T> = isAdaptive(solver)
      ? await solveAdaptive(velocity, state, { solver, rtol: tolerance, atol: tolerance, ...options })
      : await solve(velocity, state, { solver, steps, gridPower, ...options })
    const data = await backend.download(held.keep(solution.x))
    return { data, steps: solution.steps, nfe: solution.nfe * callsPerEvaluation(request) }
  } finally {
    held.releaseAllBut()
  }
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

function progress<T>(run: Run<T>, batch: Batch, { step, t, nfe, x }: SolverStep<T>, part: number): SampleProgress {
  const { count, steps, firstImage } = run.request
  const calls = nfe * callsPerEvaluation(run.request)
  return {
    ...{ step, steps, t, count, firstImage: batch.firstImage, images: batch.images },
    fraction: (batch.firstImage - firstImage + batch.images * part) / count,
    nfe: calls,
    preview: async () => asImages(run, batch, { data: (await run.backend.download(x)).slice(), nfe: calls }),
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
  const bad = data.findIndex(value => !Number.isFinite(value))
  if (bad >= 0) throw outputInvalid(`gave ${data[bad]} in image ${firstImage + Math.floor(bad / size)}`, firstImage)
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
