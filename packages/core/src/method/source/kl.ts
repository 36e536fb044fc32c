/**
 * KL(N(μ, σ²) ‖ N(0, I)) in nats per image: ½ Σ (μ² + σ² − 1 − log σ²) over an image's elements, averaged over the batch.
 * It keeps the encoder's Gaussian close to the source that sampling starts from. Always of the encoder's own μ and σ²,
 * never of the mixed ones.
 */
import type { Algebra } from '../algebra.ts'
import type { Gaussian } from './source.ts'

/** A single number. With σ = 1 only ½ Σ μ² is left. */
export function klDivergence<T>(algebra: Algebra<T>, { mean, logVariance }: Gaussian<T>): T {
  const squares = algebra.square(mean)
  if (logVariance === undefined) return algebra.scale(algebra.mean(algebra.sumPerImage(squares)), 0.5)
  const excess = algebra.sub(algebra.offset(algebra.exp(logVariance), -1), logVariance)
  return algebra.scale(algebra.mean(algebra.sumPerImage(algebra.add(squares, excess))), 0.5)
}
