/**
 * The class of an image as the model itself sees it: the label under which its velocity fits the image's own paths best. For each
 * label the flow loss |v(xt, t, label) − (x1 − x0)|² is summed over a few times and noises, the same for all labels; labels that
 * fall behind are dropped on the way. It is the diffusion classifier of Li et al. (2023, arXiv:2303.16203) for a rectified flow.
 *
 * The noises do not depend on the request's seed, so an image has one class, whatever is made of it. x0 is plain noise (w = 0): a
 * source that knows the image or the label takes no part.
 */
import { MixflowError, throwIfAborted } from '../errors.ts'
import { HeldStates } from '../method/ode/held-states.ts'
import { normals } from '../method/random/random.ts'
import { repeated } from '../util/values.ts'
import type { Run } from './integrate.ts'
import { type ResolvedRequest, type SampleRequest, usualBatchSize } from './request.ts'

/**
 * t of each noise. Classes differ most early on; near t = 1 the image itself shows through. `variations` of bench measures what
 * comes of them.
 */
const times = [0.15, 0.35, 0.25, 0.45, 0.15, 0.35, 0.25, 0.45]
/** After so many of them the worse labels are dropped: a third is kept, and three at least. */
const timesPerRound = 2
const kept = (labels: number) => Math.max(3, Math.ceil(labels / 3))

/** A run as far as it matters here. */
interface Asked<T> extends Pick<Run<T>, 'backend' | 'model'> {
  readonly request: Partial<Pick<ResolvedRequest, 'batchSize' | 'signal'>>
}

/**
 * Returns the index of the class. With 10 classes it costs as much as 40 evaluations of one image.
 *
 * @param image `[C, H, W]`, for a model that has classes
 * @throws MixflowError ABORTED; MODEL_OUTPUT_INVALID where no class has a finite loss
 */
export async function inferLabel<T>(asked: Asked<T>, image: Float32Array): Promise<number> {
  const { labels } = asked.model
  let left = Array.from({ length: labels!.count }, (_, label) => ({ label, loss: 0 }))
  for (let probe = 0; probe < times.length && left.length > 1; probe++) {
    const losses = await lossesAt(asked, { image, probe, labels: Int32Array.from(left, ({ label }) => label) })
    left = left.map(({ label, loss }, i) => ({ label, loss: loss + losses[i]! }))
    if ((probe + 1) % timesPerRound > 0) continue
    const finite = left.filter(({ loss }) => Number.isFinite(loss))
    left = finite.sort((a, b) => a.loss - b.loss).slice(0, kept(left.length))
  }
  if (left[0] !== undefined) return left[0].label
  throw new MixflowError('MODEL_OUTPUT_INVALID', 'the model gives no finite velocity for this image under any class', {
    hint: 'try float32 weights and another device; if it stays, the model was exported or trained wrong',
  })
}

/** Returns the run with the class of image x1 for all images where the model has classes and the call names none; else the run itself. */
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
async function lossesAt<T>(asked: Asked<T>, { image, probe, labels }: Probe): Promise<Float64Array> {
  const size = image.length
  const t = times[probe]!
  const x0 = normals({ seed: 0, stream: 'probe', firstImage: probe, images: 1, elementsPerImage: size })
  const xt = x0.map((noise, i) => (1 - t) * noise + t * image[i]!)
  const losses = new Float64Array(labels.length)
  const most = asked.request.batchSize ?? usualBatchSize
  for (let first = 0; first < labels.length; first += most) {
    throwIfAborted(asked.request.signal)
    const velocity = await velocityOf(asked, { xt, t, label: labels.slice(first, first + most) })
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

/** Velocity at one point under each label, as numbers. */
async function velocityOf<T>({ backend, model }: Asked<T>, { xt, t, label }: Point): Promise<Float32Array> {
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
