/**
 * The flow loss by time: how far a velocity network is from x1 − x0 at each stretch of the way, for given pairs of source
 * and data images. It shows where few steps will go wrong: at t near 0, where every image is still possible, even a
 * perfect network has a loss, the variance of what cannot be known from xt.
 *
 * Each pair is looked at once in every bin, at a time drawn evenly inside of it, so that all bins are measured on the same
 * images and the same noise. The times are keyed by image and bin: the result does not depend on the batch size.
 */

import { MixflowError, throwIfAborted } from '../../errors.ts'
import { checkKeys } from '../../util/strict.ts'
import { float32Algebra } from '../algebra.ts'
import { uniforms } from '../random/random.ts'
import { straightPath } from './path.ts'

export interface LossByTimeOptions {
  /** Source images, `[images × elementsPerImage]`. */
  readonly x0: Float32Array
  /** Data images, as many. */
  readonly x1: Float32Array
  readonly elementsPerImage: number
  /** Class of each image, where the network takes one. */
  readonly label?: Int32Array | undefined
  /** w of all images, where the network is conditioned on it. */
  readonly mixtureWeight?: number | undefined
  /** Of the times. */
  readonly seed: number
  /** Number of equal time bins of [0, 1). Default: 10. */
  readonly bins?: number
  /** Images per batch. Default: 64. */
  readonly batchSize?: number
  readonly signal?: AbortSignal | undefined
  /** Called after each evaluation with the fraction done, 0..1. */
  readonly onProgress?: ((fraction: number) => void) | undefined
}

/** Mean squared error of the velocity over all elements. */
export interface MeanLoss {
  readonly loss: number
  /** Of the mean over the images; not a number for a single image. */
  readonly standardError: number
}

export interface TimeBin extends MeanLoss {
  readonly from: number
  readonly to: number
}

export interface LossByTime extends MeanLoss {
  readonly bins: readonly TimeBin[]
  readonly images: number
}

const required = ['x0', 'x1', 'elementsPerImage', 'seed'] as const satisfies readonly (keyof LossByTimeOptions)[]
const optional = [
  'label',
  'mixtureWeight',
  'bins',
  'batchSize',
  'signal',
  'onProgress',
] as const satisfies readonly (keyof LossByTimeOptions)[]

/** @throws MixflowError ARGUMENT_INVALID, ABORTED. What `velocity` throws comes through. */
export async function lossByTime(
  velocity: (
    x: Float32Array,
    inputs: { readonly t: Float32Array; readonly label?: Int32Array; readonly w?: Float32Array },
  ) => Float32Array | Promise<Float32Array>,
  options: LossByTimeOptions,
): Promise<LossByTime> {
  checkKeys(options as unknown, [...required, ...optional], { what: 'lossByTime', required })
  const { x0, x1, elementsPerImage, seed, bins = 10, batchSize = 64, signal, onProgress } = options
  const images = checkImages(options)
  checkCount('bins', bins)
  checkCount('batchSize', batchSize)
  const algebra = float32Algebra({ elementsPerImage })
  const within = uniforms({ seed, stream: 'time', images, elementsPerImage: bins })
  /** Of image i in bin b at i · bins + b. */
  const losses = new Float64Array(images * bins)

  for (let first = 0; first < images; first += batchSize) {
    const count = Math.min(batchSize, images - first)
    const part = <A extends Float32Array | Int32Array>(of: A, each = 1) =>
      of.subarray(first * each, (first + count) * each) as A
    const ends = { x0: part(x0, elementsPerImage), x1: part(x1, elementsPerImage) }
    for (let bin = 0; bin < bins; bin++) {
      throwIfAborted(signal)
      const t = Float32Array.from({ length: count }, (_, i) => (bin + within[(first + i) * bins + bin]!) / bins)
      const point = straightPath().point(algebra, { ...ends, t })
      const predicted = await velocity(point.xt, {
        t,
        ...(options.label && { label: part(options.label) }),
        ...(options.mixtureWeight !== undefined && { w: new Float32Array(count).fill(options.mixtureWeight) }),
      })
      const squares = algebra.sumPerImage(algebra.square(algebra.sub(predicted, point.velocity)))
      for (let i = 0; i < count; i++) losses[(first + i) * bins + bin] = squares[i]! / elementsPerImage
      onProgress?.((first + (count * (bin + 1)) / bins) / images)
    }
  }

  const ofBin = (bin: number) => losses.filter((_, i) => i % bins === bin)
  const ofImage = (image: number) => mean(losses.subarray(image * bins, (image + 1) * bins))
  return {
    bins: Array.from({ length: bins }, (_, b) => ({ from: b / bins, to: (b + 1) / bins, ...meanLoss(ofBin(b)) })),
    ...meanLoss(Float64Array.from({ length: images }, (_, i) => ofImage(i))),
    images,
  }
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length

function meanLoss(losses: Float64Array): MeanLoss {
  const loss = mean(losses)
  const variance = losses.reduce((sum, value) => sum + (value - loss) ** 2, 0) / (losses.length - 1)
  return { loss, standardError: Math.sqrt(variance / losses.length) }
}

function checkImages({ x0, x1, elementsPerImage, label }: LossByTimeOptions): number {
  const images = x1.length / elementsPerImage
  if (!Number.isInteger(images) || images < 1 || x0.length !== x1.length) {
    const counts = `x0 (${x0.length} numbers) and x1 (${x1.length})`
    throw new MixflowError('ARGUMENT_INVALID', `${counts} are not as many images of ${elementsPerImage} numbers each`)
  }
  if (label !== undefined && label.length !== images) {
    throw new MixflowError('ARGUMENT_INVALID', `label has ${label.length} entries for ${images} images`)
  }
  return images
}

function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return
  throw new MixflowError('ARGUMENT_INVALID', `${name} must be a whole number from 1, got ${value}`)
}
