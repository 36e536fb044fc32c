/**
 * How many images of a wanted class a classifier takes for that class: whether labels do what they should. No more than the
 * classifier is right itself, and blind to images that all look the same.
 */
import { MixflowError } from '@mixflow/core'

/**
 * @param logits float32 [images × classes]
 * @param labels the class that each image was to show
 * @returns the number of images whose greatest logit is that of their label
 * @throws MixflowError ARGUMENT_INVALID where there are not as many rows as labels
 */
export function countRight(logits: Float32Array, labels: Int32Array): number {
  const classes = logits.length / labels.length
  if (!Number.isInteger(classes)) {
    throw new MixflowError('ARGUMENT_INVALID', `${logits.length} logits are no rows of ${labels.length} images`)
  }
  let right = 0
  for (const [row, label] of labels.entries()) {
    const own = logits.subarray(row * classes, (row + 1) * classes)
    if (own.indexOf(Math.max(...own)) === label) right++
  }
  return right
}
