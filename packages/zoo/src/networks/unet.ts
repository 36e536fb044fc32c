/** Our denoiser and κ-encoder: U-Nets on pixels or small patches. */

import { encoderChannels } from '@mixflow/core/internal'
import * as tf from '@tensorflow/tfjs-core'
import { labelImages, linear, patchify, silu, sinusoids, unpatchify } from './layers.ts'
import {
  type DenoiserCondition,
  type DenoiserNetwork,
  type EncoderNetwork,
  type ParameterSpec,
  type Parameters,
  parameter,
} from './network.ts'
import { unetBody } from './unet-body.ts'
import { checkUnetOptions, type NetworkContext } from './unet-options.ts'
import { velocityOfImage } from './velocity-of-image.ts'

/** The denoiser, conditioned on time and, optionally, label and w. */
export function unet(input: unknown, context: NetworkContext): DenoiserNetwork {
  const options = checkUnetOptions(input, context)
  const { patchSize, output = 'velocity' } = options
  const depth = context.image.channels * patchSize * patchSize
  const base = options.channels[0] as number
  const embedding = 4 * base

  const time0 = linear('time.linear0', { from: base, to: embedding })
  const time1 = linear('time.linear1', { from: embedding, to: embedding })
  const weight = context.conditionOnWeight ? linear('weight.linear', { from: base, to: embedding }) : null
  const table: ParameterSpec[] =
    context.classes > 0
      ? [{ name: 'label.weight', shape: [context.classes + 1, embedding], initial: { kind: 'normal', deviation: 1 } }]
      : []
  const body = unetBody({ ...options, from: depth, to: depth, embedding, zeroOutput: true })

  /** SiLU of the sum of the embeddings of time, label and w, [N, embedding]. */
  const embed = (parameters: Parameters, t: tf.Tensor1D, { label, mixtureWeight }: DenoiserCondition): tf.Tensor2D => {
    let sum = time1.apply(parameters, silu(time0.apply(parameters, sinusoids(t, base))))
    if (table.length > 0) {
      const hot = tf.oneHot(label ?? noLabel(t, context.classes), context.classes + 1)
      sum = tf.add(
        sum,
        tf.matMul(tf.cast(hot, 'float32') as tf.Tensor2D, parameter(parameters, 'label.weight') as tf.Tensor2D),
      )
    }
    if (weight !== null && mixtureWeight !== undefined) {
      sum = tf.add(sum, weight.apply(parameters, sinusoids(mixtureWeight, base)))
    }
    return silu(sum)
  }

  return {
    parameters: [...time0.parameters, ...time1.parameters, ...(weight?.parameters ?? []), ...table, ...body.parameters],
    apply(parameters, xt, t, condition) {
      const embedding = embed(parameters, t, condition)
      const h = unpatchify(body.apply(parameters, patchify(xt, patchSize), embedding), patchSize)
      return output === 'image' ? velocityOfImage(h, { xt, t }) : h
    },
  }
}

/** The index of "no label" for each image of the batch. */
const noLabel = (t: tf.Tensor1D, classes: number): tf.Tensor1D => tf.fill([t.shape[0]], classes, 'int32')

/**
 * The κ-encoder: the same U-Net without conditioning. κ is an image, an image concatenated with noise, noise, or a label, which
 * selects an image from a learned table. The output is x0's mean, or mean and log-variance.
 */
export function unetEncoder(input: unknown, context: NetworkContext): EncoderNetwork {
  const options = checkUnetOptions(input, context)
  const { patchSize } = options
  const { channels } = context.image
  const area = patchSize * patchSize
  const { input: inputs, output: outputs } = encoderChannels(context, channels)
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
