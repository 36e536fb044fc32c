/**
 * The unconditional source N(0, I) of plain rectified flow, and how a sample is drawn from a predicted Gaussian.
 */
import type { Algebra } from '../algebra.ts'
import { type Gaussian, given, type Source } from './source.ts'

export type StandardNormal<T> = Source<T> & { readonly kind: 'standard-normal' }

/** x0 = ε. Alone it makes plain rectified flow (w = 0). */
export function standardNormal<T>(): StandardNormal<T> {
  const source: StandardNormal<T> = {
    kind: 'standard-normal',
    needs: ['noise'],
    sample: (_, { draws }) => ({ x0: given(draws.noise, 'noise', 'the standard normal source is made of it') }),
    get atSampling() {
      return source
    },
  }
  return source
}

/** μ + σ ε */
export function drawGaussian<T>(algebra: Algebra<T>, gaussian: Gaussian<T>, noise: T): T {
  const { mean, logVariance } = gaussian
  if (logVariance === undefined) return algebra.add(mean, noise)
  const deviation = algebra.exp(algebra.scale(logVariance, 0.5))
  return algebra.add(mean, algebra.mul(deviation, noise))
}
