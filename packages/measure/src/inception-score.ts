/**
 * The Inception score (Salimans et al. 2016): exp of the mean KL divergence of each image's class probabilities from their
 * average. High where a classifier is sure of every image and the classes are many; between 1 and the number of classes.
 * It looks at generated images only, so it cannot see that they differ from the data. Computed over parts of the images,
 * whose spread comes along. With the logits of another classifier it is that classifier's score, not Inception's.
 */
import { MixflowError } from '@mixflow/core'

export interface InceptionScore {
  readonly mean: number
  /** Unbiased, over the parts; NaN for a single part. */
  readonly standardDeviation: number
  /** One of each part. */
  readonly scores: readonly number[]
}

export interface InceptionScoreOptions {
  readonly classes: number
  /** Parts of (nearly) equal size, in the order given; 10 unless said. */
  readonly splits?: number
}

/**
 * @param logits [n × classes], before the softmax. Shuffled rows are the caller's affair.
 * @throws MixflowError ARGUMENT_INVALID for what are no rows, or fewer than there are parts.
 */
export function inceptionScore(logits: Float32Array, { classes, splits = 10 }: InceptionScoreOptions): InceptionScore {
  const count = logits.length / classes
  if (!Number.isInteger(count) || count < splits || !Number.isInteger(splits) || splits < 1) {
    throw new MixflowError(
      'ARGUMENT_INVALID',
      `${logits.length} logits are no rows of ${classes} classes for ${splits} parts`,
    )
  }
  const size = Math.ceil(count / splits)
  const scores: number[] = []
  for (let from = 0; from < count; from += size) {
    scores.push(scoreOf(logits.subarray(from * classes, Math.min(count, from + size) * classes), classes))
  }
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0)
  return { mean, standardDeviation: Math.sqrt(squares / (scores.length - 1)), scores }
}

/** exp (mean entropy gap): H(average) − average H, in nats. */
function scoreOf(logits: Float32Array, classes: number): number {
  const count = logits.length / classes
  const average = new Float64Array(classes)
  let negativeEntropy = 0
  for (let row = 0; row < count; row++) {
    const own = logits.subarray(row * classes, (row + 1) * classes)
    const most = own.reduce((a, b) => Math.max(a, b))
    const total = own.reduce((sum, value) => sum + Math.exp(value - most), 0)
    for (let c = 0; c < classes; c++) {
      const logProbability = own[c]! - most - Math.log(total)
      const probability = Math.exp(logProbability)
      average[c]! += probability / count
      negativeEntropy += (probability * logProbability) / count
    }
  }
  const entropyOfAverage = -average.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0)
  return Math.exp(entropyOfAverage + negativeEntropy)
}
