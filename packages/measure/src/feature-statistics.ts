/**
 * Mean and covariance of features, computed batch by batch in double precision, so that neither features nor images have to be
 * kept. Statistics of batches and workers can be merged exactly. They hold the scatter about the mean, which does not suffer
 * from cancellation if the mean is large.
 *
 * Source: Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979).
 */
import { MixflowError } from '@mixflow/core'

export interface Gaussian {
  /** float64 [dimensions] */
  readonly mean: Float64Array
  /** float64 [dimensions × dimensions], symmetric, unbiased (n − 1). */
  readonly covariance: Float64Array
}

/** Statistics so far, which can be stored and merged. */
export interface FeatureStatistics {
  /** Number of rows. */
  readonly count: number
  readonly mean: Float64Array
  /** Σ (x − mean)(x − mean)ᵀ, float64 [dimensions × dimensions]. */
  readonly scatter: Float64Array
}

/** @param features [n × dimensions]. @throws MixflowError ARGUMENT_INVALID */
export function statisticsOf(features: Float32Array | Float64Array, dimensions: number): FeatureStatistics {
  const count = features.length / dimensions
  if (!Number.isInteger(count) || count < 1 || !Number.isInteger(dimensions)) {
    const message = `${features.length} values are not a whole number of rows of ${dimensions} features`
    throw new MixflowError('ARGUMENT_INVALID', message)
  }
  const bad = features.findIndex(value => !Number.isFinite(value))
  if (bad >= 0) {
    throw new MixflowError('ARGUMENT_INVALID', `row ${Math.floor(bad / dimensions)} has the feature ${features[bad]}`, {
      hint: 'features must be finite: check the images and the range that the extractor expects',
    })
  }
  const mean = new Float64Array(dimensions)
  for (let k = 0; k < features.length; k++) mean[k % dimensions]! += features[k]! / count
  const scatter = new Float64Array(dimensions * dimensions)
  const centred = new Float64Array(dimensions)
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < dimensions; i++) centred[i] = features[row * dimensions + i]! - mean[i]!
    addOuter(scatter, centred, 1)
  }
  return { count, mean, scatter: mirrored(scatter, dimensions) }
}

/** Returns the statistics of all rows of both. @throws MixflowError ARGUMENT_INVALID if the dimensions differ */
export function mergeStatistics(a: FeatureStatistics, b: FeatureStatistics): FeatureStatistics {
  if (a.mean.length !== b.mean.length) {
    const message = `statistics of ${a.mean.length} and ${b.mean.length} features cannot be merged`
    throw new MixflowError('ARGUMENT_INVALID', message, { hint: 'use one extractor for both' })
  }
  const count = a.count + b.count
  const difference = a.mean.map((value, i) => b.mean[i]! - value)
  const scatter = new Float64Array(a.scatter.length)
  addOuter(scatter, difference, (a.count * b.count) / count)
  mirrored(scatter, difference.length)
  for (let k = 0; k < scatter.length; k++) scatter[k]! += a.scatter[k]! + b.scatter[k]!
  return { count, mean: a.mean.map((value, i) => value + (difference[i]! * b.count) / count), scatter }
}

/** The Gaussian with these moments. @throws MixflowError ARGUMENT_INVALID for fewer than two rows */
export function gaussianOf({ count, mean, scatter }: FeatureStatistics): Gaussian {
  if (count < 2) throw new MixflowError('ARGUMENT_INVALID', `a covariance needs at least two images, got ${count}`)
  return { mean, covariance: scatter.map(value => value / (count - 1)) }
}

/** Adds weight · x xᵀ to the upper half of a square matrix. */
function addOuter(matrix: Float64Array, x: Float64Array, weight: number): void {
  const n = x.length
  for (let i = 0; i < n; i++) {
    const factor = weight * x[i]!
    if (factor === 0) continue
    const row = i * n
    for (let j = i; j < n; j++) matrix[row + j]! += factor * x[j]!
  }
}

/** Copies the upper half to the lower one, in place. */
function mirrored(matrix: Float64Array, n: number): Float64Array {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) matrix[i * n + j] = matrix[j * n + i]!
  return matrix
}
