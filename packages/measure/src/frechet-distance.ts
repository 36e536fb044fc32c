/**
 * The Fréchet distance of two Gaussians, a distance of two sets of images if the Gaussians describe their features (Heusel et
 * al. 2017):
 *
 *   |m₁ − m₂|² + tr S₁ + tr S₂ − 2 tr (S₁S₂)^½
 *
 * The last trace is Σ √λ over the eigenvalues λ of S₁S₂. With S₁ = LLᵀ, these are the eigenvalues of LᵀS₂L, apart from zeros. That
 * matrix is symmetric and positive semidefinite, so singular covariances (dead features, fewer images than features) neither
 * need a term added to the diagonal nor give complex numbers. Eigenvalues within rounding error are set to 0, since the square
 * root would magnify 1e-16 to 1e-8.
 *
 * Over Inception features this is the FID; over others it is named after their extractor.
 */
import { MixflowError } from '@mixflow/core'
import type { Gaussian } from './feature-statistics.ts'
import { congruence, type Factor, semidefiniteFactor } from './semidefinite-factor.ts'
import { symmetricEigenvalues } from './symmetric-eigenvalues.ts'

export interface FrechetDistance {
  /** At least 0. */
  readonly distance: number
  /** |m₁ − m₂|², due to the means. */
  readonly meanTerm: number
  /** The rest, due to the covariances. */
  readonly covarianceTerm: number
}

/** @throws MixflowError ARGUMENT_INVALID if the numbers of features differ */
export const frechetDistance = (a: Gaussian, b: Gaussian): FrechetDistance => frechetDistanceFrom(a)(b)

/** Returns a function that computes distances from `a`, whose covariance is factored once. */
export function frechetDistanceFrom(a: Gaussian): (b: Gaussian) => FrechetDistance {
  let factor: Factor | undefined
  const factorOfA = () => (factor ??= semidefiniteFactor(a.covariance, a.mean.length))
  return b => distanceBetween(a, b, factorOfA)
}

function distanceBetween(a: Gaussian, b: Gaussian, factorOfA: () => Factor): FrechetDistance {
  const n = a.mean.length
  if (b.mean.length !== n || a.covariance.length !== n * n || b.covariance.length !== n * n) {
    throw new MixflowError('ARGUMENT_INVALID', `${n} and ${b.mean.length} features cannot be compared`, {
      hint: 'use statistics of one extractor',
    })
  }
  const meanTerm = a.mean.reduce((sum, value, i) => sum + (value - b.mean[i]!) ** 2, 0)
  const factor = factorOfA()
  const eigenvalues = symmetricEigenvalues(congruence(b.covariance, factor), factor.rank)
  const covarianceTerm = Math.max(0, trace(a.covariance, n) + trace(b.covariance, n) - 2 * sumOfRoots(eigenvalues, n))
  return { distance: meanTerm + covarianceTerm, meanTerm, covarianceTerm }
}

function sumOfRoots(eigenvalues: Float64Array, n: number): number {
  const rounding = n * Number.EPSILON * eigenvalues.reduce((most, value) => Math.max(most, value), 0)
  return eigenvalues.reduce((sum, value) => (value > rounding ? sum + Math.sqrt(value) : sum), 0)
}

function trace(matrix: Float64Array, n: number): number {
  let sum = 0
  for (let i = 0; i < n; i++) sum += matrix[i * n + i]!
  return sum
}
