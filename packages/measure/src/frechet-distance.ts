/**
 * The Fréchet distance of two Gaussians, which over features of images says how far apart two sets of images are (Heusel
 * et al. 2017):
 *
 *   |m₁ − m₂|² + tr S₁ + tr S₂ − 2 tr (S₁S₂)^½
 *
 * The last trace is Σ √λ over the eigenvalues λ of S₁S₂. With S₁ = LLᵀ these are the ones of LᵀS₂L, besides zeros, and that matrix is
 * symmetric and has no negative eigenvalue: so singular covariances (dead features, fewer images than features) need no term
 * added to the diagonal and never give a complex number, as the square root of the product itself does. Eigenvalues so
 * small that rounding alone may have made them are taken for 0: a root would lift 1e-16 to 1e-8, and there may be many.
 *
 * Over Inception features this is the FID; over any other features it is called by their name, and means other numbers.
 */
import { MixflowError } from '@mixflow/core'
import type { Gaussian } from './feature-statistics.ts'
import { congruence, type Factor, semidefiniteFactor } from './semidefinite-factor.ts'
import { symmetricEigenvalues } from './symmetric-eigenvalues.ts'

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

/** The distances of many from one, whose covariance is factored once. */
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
