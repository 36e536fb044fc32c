/**
 * The Inception score (Salimans et al. 2016): the exponential of the mean KL divergence of each image's class probabilities from
 * their average, between 1 and the number of classes. It is high if a classifier is confident about every image and all classes
 * occur. It does not compare with data. It is computed over splits of the images, for its standard deviation.
 */
import { MixflowError } from '@mixflow/core'

export interface InceptionScore {
  readonly mean: number
  /** Unbiased, over the splits; NaN for a single one. */
  readonly standardDeviation: number
  /** The score of each split. */
  readonly scores: readonly number[]
}

export interface InceptionScoreOptions {
  readonly classes: number
  /** Number of splits of (nearly) equal size, in the order of the images. Default: 10. */
  readonly splits?: number
}

/** Computes the score of images that arrive in batches, without keeping their logits. */
export interface ScoreAccumulator {
  /** @param logits [rows × classes], before the softmax. @throws MixflowError ARGUMENT_INVALID */
  add(logits: Float32Array): void
  /** @throws MixflowError ARGUMENT_INVALID if images are missing */
  score(): InceptionScore
}

/** @param options.count total number of images. @throws MixflowError ARGUMENT_INVALID if it is less than the number of splits */
export function scoreAccumulator(options: InceptionScoreOptions & { readonly count: number }): ScoreAccumulator {
  const { classes, splits = 10, count } = options
  if (!isSplittable(count, splits)) {
    throw new MixflowError('ARGUMENT_INVALID', `${count} images are too few for ${splits} splits`)
  }
  const size = Math.ceil(count / splits)
  const partial = Array.from({ length: Math.ceil(count / size) }, () => new SplitScore(classes))
  let seen = 0
  return {
    add(logits) {
      const rows = logits.length / classes
      if (!Number.isInteger(rows) || seen + rows > count) {
        const message = `${logits.length} logits are not rows of ${classes} classes, or more than ${count} in total`
        throw new MixflowError('ARGUMENT_INVALID', message)
      }
      for (let row = 0; row < rows; row++) {
        partial[Math.floor(seen++ / size)]!.add(logits.subarray(row * classes, (row + 1) * classes))
      }
    },
    score() {
      if (seen < count) throw new MixflowError('ARGUMENT_INVALID', `only ${seen} of ${count} images were added`)
      const scores = partial.map(split => split.score())
      const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
      const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0)
      return { mean, standardDeviation: Math.sqrt(squares / (scores.length - 1)), scores }
    },
  }
}

/**
 * @param logits [n × classes], before the softmax; shuffle the rows first if they are sorted
 * @throws MixflowError ARGUMENT_INVALID for an invalid length, or fewer rows than splits
 */
export function inceptionScore(logits: Float32Array, options: InceptionScoreOptions): InceptionScore {
  const { classes, splits = 10 } = options
  const count = logits.length / classes
  if (!isSplittable(count, splits)) {
    const message = `${logits.length} logits are not rows of ${classes} classes, or too few for ${splits} splits`
    throw new MixflowError('ARGUMENT_INVALID', message)
  }
  const accumulator = scoreAccumulator({ ...options, count })
  accumulator.add(logits)
  return accumulator.score()
}

const isSplittable = (count: number, splits: number): boolean =>
  Number.isInteger(count) && Number.isInteger(splits) && splits >= 1 && count >= splits

/** exp (mean entropy gap): H(average) − average H, in nats. */
class SplitScore {
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

/**
 * Label accuracy: how often a classifier recognises the class that an image was sampled with. It is limited by the accuracy of the
 * classifier, and does not detect missing variety.
 *
 * @param logits float32 [images × classes]
 * @param labels the class that each image was sampled with
 * @returns the number of images whose greatest logit is that of their label
 * @throws MixflowError ARGUMENT_INVALID if the number of rows is not that of the labels
 */
export function countCorrect(logits: Float32Array, labels: Int32Array): number {
  const classes = logits.length / labels.length
  if (!Number.isInteger(classes)) {
    throw new MixflowError('ARGUMENT_INVALID', `${logits.length} logits are not rows of ${labels.length} images`)
  }
  let correct = 0
  for (const [row, label] of labels.entries()) {
    const rowLogits = logits.subarray(row * classes, (row + 1) * classes)
    if (rowLogits.indexOf(Math.max(...rowLogits)) === label) correct++
  }
  return correct
}
