/**
 * The inputs of a training step: images, labels and every random draw. A batch is a pure function of the seed and its place in
 * the sequence of images, so a resumed run needs nothing but the cursor.
 */

import {
  type Draws,
  type ImageShape,
  mapDraws,
  type Objective,
  optimalCoupling,
  reorder,
  uniforms,
} from '@mixflow/core'
import { dropoutMask } from '@mixflow/core/internal'
import * as tf from '@tensorflow/tfjs-core'
import { type BatchCursor, type BatchSelection, batchOrder } from '../data/batch-order.ts'
import type { Dataset, ImageBatch } from '../data/dataset.ts'
import { objectiveOf, type TrainingModel } from './training-model.ts'

/** A batch of N images: NCHW in [-1, 1]. */
export interface TrainBatch {
  readonly images: Float32Array
  /** Class of each image. Absent without classes. */
  readonly labels?: Int32Array | undefined
  /** Labels for the denoiser: label dropout replaces some by the number of classes, "no label", which guidance needs. */
  readonly shownLabels?: Int32Array | undefined
  readonly draws: Draws<Float32Array>
  /** `[N, values]`, 1 where dropout keeps a value and 0 where it drops it. Absent without dropout. */
  readonly dropoutMask?: Uint8Array | undefined
}

export interface PlacedBatch extends TrainBatch {
  /** Cursor of the next batch. */
  readonly next: BatchCursor
}

/** Returns a function from a cursor to the batch there. */
export function batches(model: TrainingModel, data: Dataset): (cursor: BatchCursor) => PlacedBatch {
  const { config, image, labels } = model
  const { seed, batchSize, flip, coupling } = config
  const order = batchOrder({ count: data.count, batchSize, seed, flips: flip })
  // which draws the source needs does not depend on parameters
  const rules: Objective<tf.Tensor> = objectiveOf(model, {})
  const elementsPerImage = image.channels * image.height * image.width
  return cursor => {
    const selection = order(cursor)
    const { firstImage, indices, flip: mirrored, next } = selection
    const draws = rules.draw({ seed, firstImage, images: batchSize, elementsPerImage })
    const read = data.batch(indices, { flip: mirrored })
    const batch = coupling === 'independent' ? read : coupled(draws, read)
    const drawn = { images: batch.images, draws, dropoutMask: maskOf(selection, model), next }
    if (labels === null || batch.labels === null) return drawn
    return { ...drawn, labels: batch.labels, shownLabels: dropLabels(batch.labels, selection, model) }
  }
}

/** The images (and labels) reordered so that optimal transport pairs image i with noise i. */
function coupled({ noise, t }: Draws<Float32Array>, { images, labels }: ImageBatch): ImageBatch {
  const order = optimalCoupling(noise as Float32Array, images, t.length)
  return { images: reorder(images, order), labels: labels && Int32Array.from(order, i => labels[i] as number) }
}

/** Replaces a random fraction of the labels by "no label", the number of classes. */
function dropLabels(all: Int32Array, { firstImage }: BatchSelection, { config, labels }: TrainingModel): Int32Array {
  if (config.labelDropout === 0) return all
  const draw = uniforms({ seed: config.seed, stream: 'labelDropout', firstImage, images: all.length })
  return all.map((label, i) => ((draw[i] as number) < config.labelDropout ? (labels?.count ?? label) : label))
}

function maskOf({ firstImage, indices }: BatchSelection, { config, denoiser }: TrainingModel) {
  if (denoiser.dropout === undefined) return undefined
  const { rate, values } = denoiser.dropout
  const { seed } = config
  return dropoutMask({ seed, stream: 'dropout', firstImage, images: indices.length, elementsPerImage: values, rate })
}

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

/** A batch as tensors. The first dimension is the batch; images and noise are [N, C, H, W]. */
export interface BatchTensors extends Draws<tf.Tensor> {
  readonly x1: tf.Tensor
  readonly label?: tf.Tensor1D | undefined
  readonly shownLabel?: tf.Tensor1D | undefined
  /** [N, values] */
  readonly dropoutMask?: tf.Tensor2D | undefined
}

export const batchTensorNames = [
  ...(['x1', 'label', 'shownLabel', 'dropoutMask'] as const),
  ...(['t', 'mixtureWeight', 'noise', 'encoderNoise', 'kappaNoise'] as const),
] satisfies (keyof BatchTensors)[]

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
