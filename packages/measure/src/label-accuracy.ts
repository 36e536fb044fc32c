/**
 * Label accuracy: how often a classifier recognises the class that an image was sampled with. It is limited by the accuracy of
 * the classifier, and does not detect missing variety.
 */
import { MixflowError } from '@mixflow/core'

/**
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
