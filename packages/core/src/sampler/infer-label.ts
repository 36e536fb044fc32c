/**
 * Infers the class of an image from the model itself: the label under which its velocity fits the image's own paths best. For each
 * label the flow loss |v(xt, t, label) − (x1 − x0)|² is summed over a few times and noises, the same for all labels; the worst labels
 * are dropped on the way. This is the diffusion classifier of Li et al. (2023, arXiv:2303.16203) for a rectified flow.
 *
 * The noises do not depend on the request's seed, so an image always gets the same class. x0 is plain noise (w = 0): a source
 * conditioned on the image or the label takes no part.
 */
import { MixflowError, throwIfAborted } from '../errors.ts'
import { HeldStates } from '../method/ode/held-states.ts'
import { normals } from '../method/random/random.ts'
import { repeated } from '../util/values.ts'
import type { Run } from './integrate.ts'
import { defaultBatchSize, type ResolvedRequest, type SampleRequest } from './request.ts'

/** t of each probe. Classes differ most at small t; near t = 1 the image itself shows through. `variations` in bench measures accuracy. */
const times = [0.15, 0.35, 0.25, 0.45, 0.15, 0.35, 0.25, 0.45]
/** After this many probes the best third of the labels goes on, but at least three. */
const probesPerRound = 2
const survivors = (labels: number) => Math.max(3, Math.ceil(labels / 3))

interface InferRun<T> extends Pick<Run<T>, 'backend' | 'model'> {
  readonly request: Partial<Pick<ResolvedRequest, 'batchSize' | 'signal'>>
}

/**
 * Returns the index of the class. With 10 classes it costs as much as 40 evaluations of one image.
 *
 * @param image `[C, H, W]`, for a model that has classes
 * @throws MixflowError ABORTED; MODEL_OUTPUT_INVALID if no class has a finite loss
 */
export async function inferLabel<T>(run: InferRun<T>, image: Float32Array): Promise<number> {
  let candidates = Array.from({ length: run.model.labels!.count }, (_, label) => ({ label, loss: 0 }))
  for (let probe = 0; probe < times.length && candidates.length > 1; probe++) {
    const losses = await lossesAt(run, { image, probe, labels: Int32Array.from(candidates, ({ label }) => label) })
    candidates = candidates.map(({ label, loss }, i) => ({ label, loss: loss + losses[i]! }))
    if ((probe + 1) % probesPerRound > 0) continue
    const finite = candidates.filter(({ loss }) => Number.isFinite(loss))
    candidates = finite.sort((a, b) => a.loss - b.loss).slice(0, survivors(candidates.length))
  }
  if (candidates[0] !== undefined) return candidates[0].label
  throw new MixflowError('MODEL_OUTPUT_INVALID', 'the model gives no finite velocity for this image under any class', {
    hint: 'try float32 weights and another device; if the error remains, the export or the training of the model is at fault',
  })
}

/** Returns the run with the inferred class of image x1, if the model has classes and the request leaves the label open; else the run. */
export async function withLabelOf<T>(
  x1: Float32Array,
  run: Run<T>,
  { label }: Pick<SampleRequest, 'label'>,
): Promise<Run<T>> {
  if (run.model.labels === null || label !== undefined) return run
  const labels = new Int32Array(run.request.count).fill(await inferLabel(run, x1))
  return { ...run, request: { ...run.request, labels } }
}

interface Probe {
  readonly image: Float32Array
  /** Index of the time and of its noise. */
  readonly probe: number
  readonly labels: Int32Array
}

/** The flow loss of each label at one time, with one noise. */
async function lossesAt<T>(run: InferRun<T>, { image, probe, labels }: Probe): Promise<Float64Array> {
  const size = image.length
  const t = times[probe]!
  const x0 = normals({ seed: 0, stream: 'probe', firstImage: probe, images: 1, elementsPerImage: size })
  const xt = x0.map((noise, i) => (1 - t) * noise + t * image[i]!)
  const losses = new Float64Array(labels.length)
  const batchSize = run.request.batchSize ?? defaultBatchSize
  for (let first = 0; first < labels.length; first += batchSize) {
    throwIfAborted(run.request.signal)
    const velocity = await velocityOf(run, { xt, t, label: labels.slice(first, first + batchSize) })
    for (const [i, v] of velocity.entries()) {
      losses[first + Math.floor(i / size)]! += (v - (image[i % size]! - x0[i % size]!)) ** 2
    }
  }
  return losses
}

interface Point {
  readonly xt: Float32Array
  readonly t: number
  readonly label: Int32Array
}

/** The velocity at one point under each label. */
async function velocityOf<T>({ backend, model }: InferRun<T>, { xt, t, label }: Point): Promise<Float32Array> {
  const { length } = label
  const held = new HeldStates(backend.space)
  try {
    const x = held.keep(await backend.upload(repeated(xt, length)))
    const inputs = { t: new Float32Array(length).fill(t), label }
    const w = model.source?.conditionOnWeight ? { w: new Float32Array(length) } : {}
    return (await backend.download(held.keep(await backend.velocity(x, { ...inputs, ...w })))).slice()
  } finally {
    held.releaseAllBut()
  }
}
