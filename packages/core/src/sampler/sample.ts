/**
 * The sampling loop, once for all SDKs: noise for each image index, the source, the solver over batches, images out.
 * What runs the networks, and where states live, is the backend's; the float32 one keeps them in arrays.
 *
 * Image i of a seed is the same whatever the count and the batch size: its noise, label and κ-noise are keyed by i.
 */
import { MixflowError, throwIfAborted } from '../errors.ts'
import { float32Space, type LinearSpace } from '../linear-space.ts'
import { solveAdaptive } from '../ode/adaptive.ts'
import { HeldStates } from '../ode/held-states.ts'
import { type Solution, type SolverStep, solve, type Velocity } from '../ode/solve.ts'
import { isAdaptive } from '../ode/solver.ts'
import { drawSource, type EncoderOutputs } from './draw-source.ts'
import { type ResolvedRequest, resolveRequest, type SampleRequest, type SamplerModel } from './request.ts'
import { SampledImage, type SampleProgress, type SampleResult, splitImages } from './result.ts'

/** Inputs of the denoiser besides x, each with one number per image; named as the model's ports. */
export interface DenoiserInputs {
  readonly t: Float32Array
  /** Where the model has classes; the number of classes means "no label". */
  readonly label?: Int32Array
  /** Where the model is conditioned on the mixture weight. */
  readonly w?: Float32Array
}

/** What runs a model's networks. T is a batch of images wherever states live. */
export interface SampleBackend<T> {
  readonly space: LinearSpace<T>
  velocity(x: T, inputs: DenoiserInputs): T | Promise<T>
  /** Both velocities of a guided evaluation at once, where one batch of twice the size costs less than two calls. */
  velocityPair?(x: T, inputs: DenoiserInputs, others: DenoiserInputs): Promise<readonly [T, T]>
  /** Needed where κ is the label or noise: E(κ). */
  encode?(kappa: Float32Array | Int32Array): Promise<EncoderOutputs>
  /** `[images, C, H, W]` to a state. */
  upload(images: Float32Array): T | Promise<T>
  download(state: T): Float32Array | Promise<Float32Array>
}

/** A backend whose states are plain arrays. */
export function float32Backend(
  networks: Pick<SampleBackend<Float32Array>, 'velocity' | 'velocityPair' | 'encode'>,
): SampleBackend<Float32Array> {
  return { ...networks, space: float32Space, upload: images => images, download: state => state }
}

interface Run<T> {
  readonly backend: SampleBackend<T>
  readonly model: SamplerModel
  readonly request: ResolvedRequest
  readonly elementsPerImage: number
}

interface Batch {
  /** Place in the request, from 0. */
  readonly firstImage: number
  readonly images: number
}

/**
 * Samples images.
 *
 * @throws MixflowError REQUEST_INVALID for a bad request; ABORTED; MODEL_OUTPUT_INVALID where an image is not finite;
 * SOLVER_FAILED of adaptive solvers. What the backend throws comes through.
 */
export async function sample<T>(
  backend: SampleBackend<T>,
  model: SamplerModel,
  wanted: SampleRequest = {},
): Promise<SampleResult> {
  const started = performance.now()
  const request = resolveRequest(wanted, model)
  const { channels, height, width } = model.image
  const elementsPerImage = channels * height * width
  const run: Run<T> = { backend, model, request, elementsPerImage }
  const timings = { source: 0, solve: 0 }
  const images: SampledImage[] = []
  let steps = 0

  for (const batch of batches(request)) {
    throwIfAborted(request.signal)
    const sourced = performance.now()
    const x0 = await drawSource({
      source: model.source,
      ...{ seed: request.seed, mixtureWeight: request.mixtureWeight, elementsPerImage, images: batch.images },
      firstImage: request.firstImage + batch.firstImage,
      label: batchLabels(run, batch),
      encode: backend.encode?.bind(backend),
    })
    const solving = performance.now()
    const solution = await solveBatch(run, batch, x0)
    timings.source += solving - sourced
    timings.solve += performance.now() - solving
    steps += solution.steps * batch.images
    for (const image of toImages(run, batch, solution)) images.push(image)
  }

  const { count, seed, solver } = request
  const nfe = images.reduce((sum, image) => sum + image.nfe, 0) / count
  return { images, nfe, steps: steps / count, solver, seed, milliseconds: performance.now() - started, timings }
}

function* batches({ count, batchSize, perImage }: ResolvedRequest): Generator<Batch> {
  const size = perImage ? 1 : batchSize
  for (let firstImage = 0; firstImage < count; firstImage += size) {
    yield { firstImage, images: Math.min(size, count - firstImage) }
  }
}

async function solveBatch<T>(run: Run<T>, batch: Batch, x0: Float32Array) {
  const { backend, request } = run
  const { space } = backend
  const velocity = guidedVelocity(run, batch)
  const { solver, steps = 0, gridPower, tolerance, signal } = request
  const onStep = request.onStep && ((step: SolverStep<T>) => request.onStep?.(progress(run, batch, step)))
  const options = { space, signal, onStep }
  const held = new HeldStates(space)
  try {
    const state = held.keep(await backend.upload(x0))
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
function guidedVelocity<T>(run: Run<T>, batch: Batch): Velocity<T> {
  const { backend, model, request } = run
  const { guidance } = request
  const label = batchLabels(run, batch)
  const w = model.source?.conditionOnWeight ? new Float32Array(batch.images).fill(request.mixtureWeight) : undefined
  const inputs = (t: number, classes: Int32Array | undefined): DenoiserInputs => ({
    t: new Float32Array(batch.images).fill(t),
    ...(classes && { label: classes }),
    ...(w && { w }),
  })
  if (guidance === 0 || label === undefined || model.labels === null) {
    return (x, t) => backend.velocity(x, inputs(t, label))
  }

  const noLabel = new Int32Array(batch.images).fill(model.labels.count)
  return async (x, t) => {
    const held = new HeldStates(backend.space)
    try {
      const both = { held, inputs: inputs(t, label), others: inputs(t, noLabel) }
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

function batchLabels<T>({ request }: Run<T>, { firstImage, images }: Batch): Int32Array | undefined {
  return request.labels?.slice(firstImage, firstImage + images)
}

function progress<T>(
  { backend, model, request }: Run<T>,
  batch: Batch,
  { step, t, nfe, x }: SolverStep<T>,
): SampleProgress {
  const { count, steps } = request
  return {
    ...{ step, steps, t, count, ...batch },
    fraction: (batch.firstImage + batch.images * t) / count,
    nfe: nfe * callsPerEvaluation(request),
    preview: async () => splitImages((await backend.download(x)).slice(), model.image),
  }
}

function toImages<T>(run: Run<T>, { firstImage, images }: Batch, { data, nfe }: { data: Float32Array; nfe: number }) {
  const { model, request, elementsPerImage } = run
  const expected = images * elementsPerImage
  if (data.length !== expected) {
    throw outputInvalid(`gave ${data.length} numbers for ${images} images, expected ${expected}`, firstImage)
  }
  const bad = data.findIndex(value => !Number.isFinite(value))
  if (bad >= 0) {
    throw outputInvalid(
      `gave ${data[bad]} in image ${request.firstImage + firstImage + Math.floor(bad / elementsPerImage)}`,
      firstImage,
    )
  }
  return splitImages(data, model.image).map((image, i) => {
    const label = request.labels?.[firstImage + i]
    return new SampledImage({
      ...image,
      index: request.firstImage + firstImage + i,
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
