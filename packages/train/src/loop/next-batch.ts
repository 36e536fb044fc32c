/**
 * The batch at a cursor: images, labels (and which of them the denoiser sees) and every random draw. All of it is a pure function of
 * the seed and the place in the sequence of images, so nothing but the cursor has to be remembered to go on.
 */

import { type Draws, type Objective, optimalCoupling, reorder, uniforms } from '@mixflow/core'
import { dropoutMask } from '@mixflow/core/internal'
import type * as tf from '@tensorflow/tfjs-core'
import { type BatchCursor, type BatchSelection, batchOrder } from '../data/batch-order.ts'
import type { Dataset, ImageBatch } from '../data/dataset.ts'
import { objectiveOf, type TrainingModel } from '../model/training-model.ts'
import type { TrainBatch } from '../step/train-batch.ts'

export interface PlacedBatch extends TrainBatch {
  /** Where the batch after this one begins. */
  readonly next: BatchCursor
}

/** The batch at each place of the data, whichever was asked for before. */
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
    const given = data.batch(indices, { flip: mirrored })
    const batch = coupling === 'independent' ? given : coupledWith(draws, given)
    const drawn = { images: batch.images, draws, dropoutMask: maskOf(selection, model), next }
    if (labels === null || batch.labels === null) return drawn
    return { ...drawn, labels: batch.labels, shownLabels: hideSome(batch.labels, selection, model) }
  }
}

/** The images (and labels) in the order in which optimal transport meets them with the noise. */
function coupledWith({ noise, t }: Draws<Float32Array>, { images, labels }: ImageBatch): ImageBatch {
  const order = optimalCoupling(noise as Float32Array, images, t.length)
  return { images: reorder(images, order), labels: labels && Int32Array.from(order, i => labels[i] as number) }
}

/** Replaces a share of the labels by "no label", the number of classes. */
function hideSome(given: Int32Array, { firstImage }: BatchSelection, { config, labels }: TrainingModel): Int32Array {
  if (config.labelDropout === 0) return given
  const draw = uniforms({ seed: config.seed, stream: 'labelDropout', firstImage, images: given.length })
  return given.map((label, i) => ((draw[i] as number) < config.labelDropout ? (labels?.count ?? label) : label))
}

function maskOf({ firstImage, indices }: BatchSelection, { config, denoiser }: TrainingModel) {
  if (denoiser.dropout === undefined) return undefined
  const { rate, values } = denoiser.dropout
  const { seed } = config
  return dropoutMask({ seed, stream: 'dropout', firstImage, images: indices.length, elementsPerImage: values, rate })
}
