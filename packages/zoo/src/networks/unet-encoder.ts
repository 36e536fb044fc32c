/**
 * The zoo's own κ-encoder: the denoiser's U-Net without time. κ is an image, an image joined with noise, noise, or a
 * label, which a learned table turns into an image. The output is x0's mean, or mean and log-variance.
 */

import type * as tf from '@tensorflow/tfjs-core'
import { labelImages } from './label-images.ts'
import { patchify, unpatchify } from './layers.ts'
import type { EncoderNetwork } from './network.ts'
import { unetBody } from './unet-body.ts'
import { checkUnetOptions, type NetworkContext } from './unet-options.ts'

export function unetEncoder(given: unknown, context: NetworkContext): EncoderNetwork {
  const options = checkUnetOptions(given, context)
  const { patchSize } = options
  const { channels } = context.image
  const area = patchSize * patchSize
  const inputs = context.kappa === 'image+noise' ? 2 * channels : channels
  const outputs = context.gaussian === 'mean-variance' ? 2 * channels : channels
  const body = unetBody({ ...options, from: inputs * area, to: outputs * area, embedding: 0, zeroOutput: true })
  const table = context.kappa === 'label' ? labelImages(context) : null

  return {
    parameters: [...(table?.parameters ?? []), ...body.parameters],
    apply(parameters, kappa) {
      const image = table === null ? (kappa as tf.Tensor4D) : table.apply(parameters, kappa)
      return unpatchify(body.apply(parameters, patchify(image, patchSize), null), patchSize)
    },
  }
}
