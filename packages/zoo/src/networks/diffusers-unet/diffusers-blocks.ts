/**
 * Residual block and attention of Hugging Face's diffusers, with its parameter names: 32 groups in every norm, ε = 1e-5, sums
 * without scaling, PyTorch's default initialization. Source: documentation of UNet2DModel.
 */

import * as tf from '@tensorflow/tfjs-core'
import { groupNorm } from '../group-norm.ts'
import { attend, conv, linear } from '../layers.ts'
import type { ParameterSpec, Parameters } from '../network.ts'
import { plus } from '../sums.ts'
import { groups } from './diffusers-unet-options.ts'

const epsilon = 1e-5

export const norm = (name: string, channels: number, { silu }: { silu: boolean }) =>
  groupNorm(name, { channels, groups, epsilon, silu })

interface ResnetOptions {
  readonly from: number
  readonly to: number
  /** Width of the time embedding, 0 for none. */
  readonly embedding: number
}

/** [N, H, W, from] -> [N, H, W, to]; `embedded` is SiLU of the time embedding, or null. */
export function resnet(name: string, { from, to, embedding }: ResnetOptions) {
  const norm1 = norm(`${name}.norm1`, from, { silu: true })
  const conv1 = conv(`${name}.conv1`, { from, to, kernel: 3 })
  const time = embedding > 0 ? linear(`${name}.time_emb_proj`, { from: embedding, to }) : null
  const norm2 = norm(`${name}.norm2`, to, { silu: true })
  const conv2 = conv(`${name}.conv2`, { from: to, to, kernel: 3 })
  const shortcut = from === to ? null : conv(`${name}.conv_shortcut`, { from, to, kernel: 1 })

  const apply = (values: Parameters, x: tf.Tensor4D, embedded: tf.Tensor2D | null): tf.Tensor4D => {
    const normal = norm1.apply(values, x)
    const h =
      time === null || embedded === null
        ? conv1.apply(values, normal)
        : conv1.applyShifted(values, normal, time.apply(values, embedded))
    const sum = conv2.apply(values, norm2.apply(values, h))
    return plus(sum, shortcut === null ? x : shortcut.apply(values, x))
  }
  const parts = [norm1, conv1, time, norm2, conv2, shortcut]
  return { parameters: parts.flatMap<ParameterSpec>(part => part?.parameters ?? []), apply }
}

/** Self-attention over all pixels, added to its input. Head h uses the h-th group of `headChannels` channels. */
export function attention(name: string, { channels, headChannels }: { channels: number; headChannels: number }) {
  const normal = norm(`${name}.group_norm`, channels, { silu: false })
  const shape = { from: channels, to: channels }
  const [toQuery, toKey, toValue] = ['to_q', 'to_k', 'to_v'].map(part => linear(`${name}.${part}`, shape)) as [
    ReturnType<typeof linear>,
    ReturnType<typeof linear>,
    ReturnType<typeof linear>,
  ]
  const out = linear(`${name}.to_out.0`, shape)
  const heads = channels / headChannels

  const apply = (values: Parameters, x: tf.Tensor4D): tf.Tensor4D => {
    const [n, height, width] = x.shape
    const pixels = tf.reshape(normal.apply(values, x), [-1, channels]) as tf.Tensor2D
    const split = (projected: tf.Tensor2D) =>
      tf.transpose(tf.reshape(projected, [n, height * width, heads, headChannels]), [0, 2, 1, 3]) as tf.Tensor4D
    const [q, k, v] = [toQuery, toKey, toValue].map(layer => split(layer.apply(values, pixels))) as [
      tf.Tensor4D,
      tf.Tensor4D,
      tf.Tensor4D,
    ]
    const mixed = tf.reshape(tf.transpose(attend({ q, k, v }), [0, 2, 1, 3]), [-1, channels]) as tf.Tensor2D
    return tf.add(tf.reshape(out.apply(values, mixed), [n, height, width, channels]), x)
  }
  return { parameters: [normal, toQuery, toKey, toValue, out].flatMap<ParameterSpec>(part => part.parameters), apply }
}
