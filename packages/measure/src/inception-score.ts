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

/** The score of images that come bit by bit: a few numbers of each part are all that is kept. */
export interface ScoreAccumulator {
  /** @param logits [rows × classes], before the softmax. @throws MixflowError ARGUMENT_INVALID */
  add(logits: Float32Array): void
  /** @throws MixflowError ARGUMENT_INVALID before all images have come */
  score(): InceptionScore
}

/** @param options.count images that will come. @throws MixflowError ARGUMENT_INVALID for fewer than there are parts */
export function scoreAccumulator(options: InceptionScoreOptions & { readonly count: number }): ScoreAccumulator {
  const { classes, splits = 10, count } = options
  if (!Number.isInteger(count) || count < splits || !Number.isInteger(splits) || splits < 1) {
    throw new MixflowError('ARGUMENT_INVALID', `${count} images are too few for ${splits} parts`)
  }
  const size = Math.ceil(count / splits)
  const parts = Array.from({ length: Math.ceil(count / size) }, () => new ScorePart(classes))
  let seen = 0
  return {
    add(logits) {
      const rows = logits.length / classes
      if (!Number.isInteger(rows) || seen + rows > count) {
        throw new MixflowError(
          'ARGUMENT_INVALID',
          `${logits.length} logits are no rows of ${classes} classes, or more than ${count}`,
        )
      }
      for (let row = 0; row < rows; row++) {
        parts[Math.floor(seen++ / size)]!.add(logits.subarray(row * classes, (row + 1) * classes))
      }
    },
    score() {
      if (seen < count) throw new MixflowError('ARGUMENT_INVALID', `only ${seen} of ${count} images have come`)
      const scores = parts.map(part => part.score())
      const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
      const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0)
      return { mean, standardDeviation: Math.sqrt(squares / (scores.length - 1)), scores }
    },
  }
}

/**
 * @param logits [n × classes], before the softmax. Shuffled rows are the caller's affair.
 * @throws MixflowError ARGUMENT_INVALID for what are no rows, or fewer than there are parts.
 */
export function inceptionScore(logits: Float32Array, options: InceptionScoreOptions): InceptionScore {
  const { classes, splits = 10 } = options
  const count = logits.length / classes
  if (!Number.isInteger(count) || count < splits || !Number.isInteger(splits) || splits < 1) {
    throw new MixflowError(
      'ARGUMENT_INVALID',
      `${logits.length} logits are no rows of ${classes} classes for ${splits} parts`,
    )
  }
  const accumulator = scoreAccumulator({ ...options, count })
  accumulator.add(logits)
  return accumulator.score()
}

/** exp (mean entropy gap): H(average) − average H, in nats. */
class ScorePart {
  readonly #sum: Float64Array
  #count = 0
  #negativeEntropy = 0

  constructor(classes: number) {
    this.#sum = new Float64Array(classes)
  }

  add(logits: Float32Array): void {
    const most = logits.reduce((a, b) => Math.max(a, b))
    const total = logits.reduce((sum, value) => sum + Math.exp(value - most), 0)
    this.#count++
    for (let c = 0; c < logits.length; c++) {
      const logProbability = logits[c]! - most - Math.log(total)
      const probability = Math.exp(logProbability)
      this.#sum[c]! += probability
      this.#negativeEntropy += probability * logProbability
    }
  }

  score(): number {
    const count = this.#count
    const entropyOfAverage = -this.#sum.reduce(
      (sum, value) => sum + (value > 0 ? (value / count) * Math.log(value / count) : 0),
      0,
    )
    return Math.exp(entropyOfAverage + this.#negativeEntropy / count)
  }
}
