/**
 * The Fréchet distance of two Gaussians, which over features of images says how far apart two sets of images are (Heusel
 * et al. 2017):
 *
 *   |m₁ − m₂|² + tr S₁ + tr S₂ − 2 tr (S₁S₂)^½
 *
 * The last trace is Σ √λ over the eigenvalues λ of S₁^½ S₂ S₁^½. That matrix is symmetric and has no negative eigenvalue, so
 * singular covariances (dead features, fewer images than features) need no term added to the diagonal and never give a
 * complex number, as the square root of the product S₁S₂ itself does. Eigenvalues so small that rounding alone may have made
 * them are taken for 0: a root would lift 1e-16 to 1e-8, and there may be many.
 *
 * Over Inception features this is the FID; over any other features it is called by their name, and means other numbers.
 */
import { MixflowError } from '@mixflow/core'
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import type { Gaussian } from './feature-statistics.ts'

export interface FrechetDistance {
  /** At least 0. */
  readonly distance: number
  /** |m₁ − m₂|²: what of it is a shift of the mean. */
  readonly meanTerm: number
  /** The rest: what is a difference in spread. */
  readonly covarianceTerm: number
}

/** @throws MixflowError ARGUMENT_INVALID where the two have not the same number of features */
export const frechetDistance = (a: Gaussian, b: Gaussian): FrechetDistance => frechetDistanceFrom(a)(b)

/**
 * The distances of many from one, whose square root is taken once: with Inception's 2,048 features that is half of the work.
 */
export function frechetDistanceFrom(a: Gaussian): (b: Gaussian) => FrechetDistance {
  let half: Matrix | undefined
  const halfOfA = () => (half ??= squareRoot(matrixOf(a.covariance, a.mean.length)))
  return b => distanceBetween(a, b, halfOfA)
}

function distanceBetween(a: Gaussian, b: Gaussian, halfOfA: () => Matrix): FrechetDistance {
  const n = a.mean.length
  if (b.mean.length !== n || a.covariance.length !== n * n || b.covariance.length !== n * n) {
    throw new MixflowError('ARGUMENT_INVALID', `${n} and ${b.mean.length} features cannot be compared`, {
      hint: 'use statistics of one extractor',
    })
  }
  const meanTerm = a.mean.reduce((sum, value, i) => sum + (value - b.mean[i]!) ** 2, 0)
  const half = halfOfA()
  const product = half.mmul(matrixOf(b.covariance, n)).mmul(half)
  const root = roots(eigen(product)).reduce((sum, value) => sum + value, 0)
  const covarianceTerm = Math.max(0, trace(a.covariance, n) + trace(b.covariance, n) - 2 * root)
  return { distance: meanTerm + covarianceTerm, meanTerm, covarianceTerm }
}

/** Rounding leaves a product of matrices a little asymmetric; the decomposition takes its symmetric part. */
function eigen(matrix: Matrix): EigenvalueDecomposition {
  return new EigenvalueDecomposition(Matrix.add(matrix, matrix.transpose()).mul(0.5), { assumeSymmetric: true })
}

function squareRoot(covariance: Matrix): Matrix {
  const decomposition = eigen(covariance)
  const { eigenvectorMatrix: vectors } = decomposition
  const scaled = vectors.clone()
  roots(decomposition).forEach((value, i) => void scaled.mulColumn(i, value))
  return scaled.mmul(vectors.transpose())
}

/** The square roots of the eigenvalues. */
function roots({ realEigenvalues }: EigenvalueDecomposition): number[] {
  const rounding = realEigenvalues.length * Number.EPSILON * Math.max(...realEigenvalues)
  return realEigenvalues.map(value => (value > rounding ? Math.sqrt(value) : 0))
}

const matrixOf = (values: Float64Array, n: number): Matrix => Matrix.from1DArray(n, n, values)

function trace(matrix: Float64Array, n: number): number {
  let sum = 0
  for (let i = 0; i < n; i++) sum += matrix[i * n + i]!
  return sum
}
