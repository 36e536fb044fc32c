/** What a training step is given, how it becomes tensors, and how a batch is cut where memory is short. */

import type { Draws, ImageShape } from '@mixflow/core'
import * as tf from '@tensorflow/tfjs-core'

/** A batch, ready for the step: images NCHW in [-1, 1], and all random draws. */
export interface TrainBatch {
  readonly images: Float32Array
  /** Class of each image, which κ may be. Absent without classes. */
  readonly labels?: Int32Array | undefined
  /** What the denoiser is told: some classes are hidden (the number of classes stands there), which guidance needs. */
  readonly shownLabels?: Int32Array | undefined
  readonly draws: Draws<Float32Array>
  /** Which values dropout keeps, 1 or 0, [N, values]. Absent without dropout. */
  readonly kept?: Uint8Array | undefined
}

/** Tensors with something for each image of the batch. */
export const perImage = [
  'x1',
  'label',
  'shownLabel',
  'kept',
  't',
  'mixtureWeight',
  'noise',
  'encoderNoise',
  'kappaNoise',
]

/** A batch in the fewest parts of equal size with no more images than this. */
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
    kept: part(batch.kept, i),
    draws: Object.fromEntries(
      Object.entries(batch.draws).map(([name, values]: [string, Float32Array]) => [name, part(values, i)]),
    ) as unknown as Draws<Float32Array>,
  }))
}

/** Named as the step's graph wants them. */
export function batchTensors(
  { images, labels, shownLabels = labels, draws, kept }: TrainBatch,
  image: ImageShape,
): Record<string, tf.Tensor> {
  const count = draws.t.length
  const shape = [count, image.channels, image.height, image.width]
  return {
    x1: tf.tensor(images, shape),
    ...(labels === undefined ? {} : { label: tf.tensor1d(labels, 'int32') }),
    ...(shownLabels === undefined ? {} : { shownLabel: tf.tensor1d(shownLabels, 'int32') }),
    ...(kept === undefined ? {} : { kept: tf.tensor(kept, [count, kept.length / count], 'bool') }),
    ...drawTensors(draws, shape),
  }
}

/** Numbers per image as vectors, noises as images. */
function drawTensors(draws: Draws<Float32Array>, shape: number[]): Record<string, tf.Tensor> {
  const entries = Object.entries(draws).map(([name, values]: [string, Float32Array]) => [
    name,
    values.length === shape[0] ? tf.tensor1d(values) : tf.tensor(values, shape),
  ])
  return Object.fromEntries(entries)
}
