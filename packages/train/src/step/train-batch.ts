/** The inputs of a training step: as arrays, as tensors, and split into parts where memory is short. */

import { type Draws, type ImageShape, mapDraws } from '@mixflow/core'
import * as tf from '@tensorflow/tfjs-core'

/** A batch, ready for the step: images NCHW in [-1, 1], and all random draws. */
export interface TrainBatch {
  readonly images: Float32Array
  /** Class of each image. Absent without classes. */
  readonly labels?: Int32Array | undefined
  /** Labels for the denoiser: label dropout replaces some by the number of classes, "no label", which guidance needs. */
  readonly shownLabels?: Int32Array | undefined
  readonly draws: Draws<Float32Array>
  /** 1 where dropout keeps a value and 0 where it drops it, [N, values]. Absent without dropout. */
  readonly dropoutMask?: Uint8Array | undefined
}

/** A batch as tensors, all with the batch as their first dimension; images and noises [N, C, H, W]. */
export interface BatchTensors extends Draws<tf.Tensor> {
  readonly x1: tf.Tensor
  readonly label?: tf.Tensor1D | undefined
  readonly shownLabel?: tf.Tensor1D | undefined
  /** [N, values] */
  readonly dropoutMask?: tf.Tensor2D | undefined
}

export const batchTensorNames = [
  'x1',
  'label',
  'shownLabel',
  'dropoutMask',
  't',
  'mixtureWeight',
  'noise',
  'encoderNoise',
  'kappaNoise',
] as const satisfies (keyof BatchTensors)[]

/** Splits a batch into the fewest parts of equal size with at most `imagesAtOnce` images each. */
export function partsOf(batch: TrainBatch, imagesAtOnce: number | null): TrainBatch[] {
  const count = batch.draws.t.length
  let parts = Math.max(1, Math.ceil(count / (imagesAtOnce ?? count)))
  while (count % parts !== 0) parts++
  const part = <A extends Float32Array | Int32Array | Uint8Array>(values: A | undefined, i: number): A | undefined => {
    const size = (values?.length ?? 0) / parts
    return values?.subarray(i * size, (i + 1) * size) as A | undefined
  }
  return Array.from({ length: parts }, (_, i) => ({
    images: part(batch.images, i) as Float32Array,
    labels: part(batch.labels, i),
    shownLabels: part(batch.shownLabels, i),
    dropoutMask: part(batch.dropoutMask, i),
    draws: mapDraws(batch.draws, values => part(values, i) as Float32Array),
  }))
}

export function batchTensors(
  { images, labels, shownLabels = labels, draws, dropoutMask }: TrainBatch,
  image: ImageShape,
): BatchTensors {
  const count = draws.t.length
  const shape = [count, image.channels, image.height, image.width]
  return {
    x1: tf.tensor(images, shape),
    label: labels && tf.tensor1d(labels, 'int32'),
    shownLabel: shownLabels && tf.tensor1d(shownLabels, 'int32'),
    dropoutMask: dropoutMask && tf.tensor2d(dropoutMask, [count, dropoutMask.length / count], 'bool'),
    ...mapDraws(draws, values => (values.length === count ? tf.tensor1d(values) : tf.tensor(values, shape))),
  }
}
