/**
 * The work of an evaluation in parts: a few hundred images each, sampled and turned into features; or some trajectories,
 * followed and turned into curvatures. A part says all that its result depends on (image i of a seed is the same in every
 * request), so parts can be done in any order, by any number of workers, and again after a crash, with the same result.
 *
 * Parts are plain data, and results are plain arrays: they can travel between processes.
 */
import type { SampleRequest } from '@mixflow/core'

/** How images are sampled; what is left out is the model's own. */
export type SampleSetting = Pick<
  SampleRequest,
  'solver' | 'nfe' | 'steps' | 'gridPower' | 'tolerance' | 'perImage' | 'guidance' | 'mixtureWeight'
> & {
  /** Class of all images, or null for none; drawn from the seed unless said. */
  readonly label?: number | null
}

/** Images `firstImage` … `firstImage + images` (excluded) of a seed. */
export interface ImageRange {
  readonly seed: number
  readonly firstImage: number
  readonly images: number
}

export interface SamplesPart extends ImageRange {
  readonly kind: 'samples'
  readonly setting: SampleSetting
  /** Images at once, which the steps of an adaptive solver depend on. */
  readonly batchSize: number
}

export interface TrajectoriesPart extends ImageRange {
  readonly kind: 'trajectories'
  /** Euler steps. */
  readonly steps: number
  /** Stretches of time. */
  readonly bins: number
}

export type Part = SamplesPart | TrajectoriesPart

export interface SamplesResult {
  /** float32 [images × dimensions] */
  readonly features: Float32Array
  /** float32 [images × classes] */
  readonly logits: Float32Array | null
  /** The class that each image was to show; null without classes. */
  readonly labels: Int32Array | null
  /** Calls of the network per image. */
  readonly nfe: number
  /** Steps per image. */
  readonly steps: number
}

export interface TrajectoriesResult {
  /** Curvature of each trajectory. */
  readonly perImage: Float64Array
  /** Mean squared distance from the straight path, in each stretch of time. */
  readonly byTime: Float64Array
}

export type ResultOf<P extends Part> = P extends SamplesPart ? SamplesResult : TrajectoriesResult

export interface PartOptions {
  readonly signal?: AbortSignal | undefined
  /** Which share of the part is done, 0..1. */
  readonly onProgress?: ((fraction: number) => void) | undefined
}

/** Who does parts, one at a time. */
export interface PartWorker {
  run<P extends Part>(part: P, options?: PartOptions): Promise<ResultOf<P>>
}

/** A range cut into parts of whole batches, a few hundred images each. */
export function cut({ seed, firstImage, images }: ImageRange, batchSize: number): ImageRange[] {
  const size = batchSize * Math.max(1, Math.round(imagesPerPart / batchSize))
  return Array.from({ length: Math.ceil(images / size) }, (_, i) => ({
    seed,
    firstImage: firstImage + i * size,
    images: Math.min(size, images - i * size),
  }))
}

const imagesPerPart = 256
