/** Computes parts in this process: samples images and extracts features, or follows trajectories. */
import { curvature, integers, MixflowError, type SampleBackend, type SamplerModel, sample } from '@mixflow/core'
import { concatenate, defaultMixtureWeight, drawSource, elementsOf } from '@mixflow/core/internal'
import type { Extractor } from '../extractor.ts'
import type {
  Part,
  PartOptions,
  PartWorker,
  ResultOf,
  SamplesPart,
  SamplesResult,
  TrajectoriesPart,
  TrajectoriesResult,
} from './part.ts'

/** The model to measure, with its networks. */
export interface Generator {
  readonly model: SamplerModel
  readonly backend: SampleBackend<Float32Array>
}

/** @param extractor required for parts with samples */
export function localWorker(generator: Generator, extractor: Extractor | null): PartWorker {
  return {
    async run<P extends Part>(part: P, options: PartOptions = {}) {
      const result =
        part.kind === 'samples'
          ? sampleFeatures(generator, extractor, { part, ...options })
          : measureTrajectories(generator, { part, ...options })
      return (await result) as ResultOf<P>
    },
  }
}

type Task<P extends Part> = PartOptions & { readonly part: P }

async function sampleFeatures(
  { model, backend }: Generator,
  extractor: Extractor | null,
  { part, signal, onProgress }: Task<SamplesPart>,
): Promise<SamplesResult> {
  if (extractor === null) throw new MixflowError('ARGUMENT_INVALID', 'measuring samples requires an extractor')
  const { setting, seed, firstImage, images: count, batchSize } = part
  const { images, nfe, steps } = await sample(backend, model, {
    ...{ ...setting, seed, firstImage, count, batchSize },
    ...(signal && { signal }),
    onStep: ({ fraction }) => onProgress?.(fraction),
  })
  const pixels = concatenate(images.map(({ data }) => data))
  const labels = images.every(({ label }) => label !== undefined)
    ? Int32Array.from(images, image => image.label!)
    : null
  return { ...(await extractor.extract(pixels, model.image)), labels, nfe, steps }
}

/** Curvature of trajectories from the model's source, without guidance, since it is a property of the velocity. */
async function measureTrajectories(
  { model, backend }: Generator,
  { part, signal, onProgress }: Task<TrajectoriesPart>,
): Promise<TrajectoriesResult> {
  const { seed, firstImage, images, steps, bins } = part
  const { source, labels, image } = model
  const elementsPerImage = elementsOf(image)
  const label = labels && Int32Array.from(integers({ seed, stream: 'label', firstImage, images, below: labels.count }))
  const mixtureWeight = defaultMixtureWeight(model)
  const x0 = await drawSource({
    source,
    mixtureWeight,
    seed,
    firstImage,
    images,
    elementsPerImage,
    ...(label && { label }),
    encode: backend.encode?.bind(backend),
  })
  const filled = (value: number) => new Float32Array(images).fill(value)
  const velocity = (x: Float32Array, t: number) => {
    onProgress?.(t)
    return backend.velocity(x, {
      t: filled(t),
      ...(label && { label }),
      ...(source?.conditionOnWeight && { w: filled(mixtureWeight) }),
    })
  }
  const { perImage, byTime } = await curvature(velocity, x0, { elementsPerImage, steps, bins, signal })
  return { perImage, byTime }
}

export interface TrajectoryOptions {
  /** Number of trajectories; the paper uses 10,000. */
  readonly count: number
  /** Euler steps. Default: 128, as in the paper. */
  readonly steps?: number
  /** Time bins. Default: 16, or the number of steps if that is less. */
  readonly bins?: number
  /** Default: 64. */
  readonly batchSize?: number
}

export interface TrajectoryMeasures {
  /** Curvature: the mean of (x(1) − x(0) − v)² over trajectories, time and elements. */
  readonly mean: number
  /** Over the trajectories. */
  readonly standardDeviation: number
  readonly trajectories: number
  readonly steps: number
  /** Curvature by time bin. */
  readonly byTime: readonly { readonly from: number; readonly to: number; readonly value: number }[]
}

export function trajectoryParts(seed: number, options: TrajectoryOptions): TrajectoriesPart[] {
  const { count, steps = 128, batchSize = 64 } = options
  const { bins = Math.min(16, steps) } = options
  for (const [name, value] of Object.entries({ count, steps, bins, batchSize })) {
    if (Number.isInteger(value) && value >= 1) continue
    throw new MixflowError('ARGUMENT_INVALID', `${name} must be a whole number from 1, got ${value}`)
  }
  // one batch per part, since moments of every element are held for all steps
  return Array.from({ length: Math.ceil(count / batchSize) }, (_, i) => ({
    kind: 'trajectories',
    steps,
    bins,
    seed,
    firstImage: i * batchSize,
    images: Math.min(batchSize, count - i * batchSize),
  }))
}

export function trajectoryMeasures(
  { steps = 128 }: TrajectoryOptions,
  results: readonly TrajectoriesResult[],
): TrajectoryMeasures {
  const trajectories = results.reduce((sum, { perImage }) => sum + perImage.length, 0)
  const sumOf = (of: (value: number) => number) =>
    results.reduce((sum, { perImage }) => perImage.reduce((all, value) => all + of(value), sum), 0)
  const mean = sumOf(value => value) / trajectories
  const standardDeviation = Math.sqrt(sumOf(value => (value - mean) ** 2) / trajectories)
  const bins = results[0]!.byTime.length
  const byTime = Array.from({ length: bins }, (_, bin) => ({
    from: bin / bins,
    to: (bin + 1) / bins,
    value: results.reduce((sum, { byTime, perImage }) => sum + byTime[bin]! * perImage.length, 0) / trajectories,
  }))
  return { mean, standardDeviation, trajectories, steps, byTime }
}
