/** The unconditional source N(0, I) of plain rectified flow; drawing from a predicted Gaussian; its KL divergence from N(0, I). */
import type { Algebra } from '../algebra.ts'
import { type Gaussian, requireInput, type Source } from './source.ts'

export type StandardNormal<T> = Source<T> & { readonly kind: 'standard-normal' }

/** Returns the source x0 = ε. Used alone it makes plain rectified flow (w = 0). */
export function standardNormal<T>(): StandardNormal<T> {
  const source: StandardNormal<T> = {
    kind: 'standard-normal',
    needs: ['noise'],
    sample: (_, { draws }) => ({ x0: requireInput(draws.noise, 'noise', 'the source is standard normal') }),
    get atSampling() {
      return source
    },
  }
  return source
}

/** Returns μ + σ ε. */
export function drawGaussian<T>(algebra: Algebra<T>, gaussian: Gaussian<T>, noise: T): T {
  const { mean, logVariance } = gaussian
  if (logVariance === undefined) return algebra.add(mean, noise)
  const deviation = algebra.exp(algebra.scale(logVariance, 0.5))
  return algebra.add(mean, algebra.mul(deviation, noise))
}

/**
 * Returns KL(N(μ, σ²) ‖ N(0, I)) in nats per image, a single number: ½ Σ (μ² + σ² − 1 − log σ²) over an image's elements, averaged over
 * the batch. With σ = 1 only ½ Σ μ² is left. The term keeps the encoder's Gaussian close to the source that sampling starts from; it takes
 * the encoder's own μ and σ², never the mixed ones.
 */
export function klDivergence<T>(algebra: Algebra<T>, { mean, logVariance }: Gaussian<T>): T {
  const squares = algebra.square(mean)
  if (logVariance === undefined) return algebra.scale(algebra.mean(algebra.sumPerImage(squares)), 0.5)
  const excess = algebra.sub(algebra.offset(algebra.exp(logVariance), -1), logVariance)
  return algebra.scale(algebra.mean(algebra.sumPerImage(algebra.add(squares, excess))), 0.5)
}
