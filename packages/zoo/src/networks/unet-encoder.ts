/**
 * The zoo's own κ-encoder: the denoiser's U-Net without time. κ is an image, an image joined with noise, noise, or a
 * label, which a learned table turns into an image. The output is x0's mean, or mean and log-variance.
 */

import * as tf from '@tensorflow/tfjs-core'
import { patchify, unpatchify } from './layers.ts'
import { type EncoderNetwork, type ParameterSpec, type Parameters, parameter, sizeOf } from './network.ts'
import { unetBody } from './unet-body.ts'
import { checkUnetOptions, type NetworkContext } from './unet-options.ts'

export function unetEncoder(given: unknown, context: NetworkContext): EncoderNetwork {
  const options = checkUnetOptions(given, context)
  const { patchSize } = options
  const { channels, height, width } = context.image
  const area = patchSize * patchSize
  const inputs = context.kappa === 'image+noise' ? 2 * channels : channels
  const outputs = context.gaussian === 'mean-variance' ? 2 * channels : channels
  const body = unetBody({ ...options, from: inputs * area, to: outputs * area, embedding: 0, zeroOutput: true })
  const byLabel = context.kappa === 'label'
  const table: ParameterSpec[] = byLabel
    ? [
        {
          name: 'class_embedding.weight',
          shape: [context.classes, sizeOf([channels, height, width])],
          initial: { kind: 'normal', deviation: 1 },
        },
      ]
    : []

  /** Row `label` of the table, as an image; its numbers lie channels first. */
  const imageOf = (parameters: Parameters, label: tf.Tensor): tf.Tensor4D => {
    const rows = tf.gather(parameter(parameters, 'class_embedding.weight'), label as tf.Tensor1D)
    return tf.transpose(tf.reshape(rows, [-1, channels, height, width]), [0, 2, 3, 1]) as tf.Tensor4D
  }

  return {
    parameters: [...table, ...body.parameters],
    apply(parameters, kappa) {
      const image = byLabel ? imageOf(parameters, kappa) : (kappa as tf.Tensor4D)
      return unpatchify(body.apply(parameters, patchify(image, patchSize), null), patchSize)
    },
  }
}
