/**
 * The residual block of the SongUNet: two convolutions with the embedding added in between, resampling before the first, dropout
 * before the second, and single-head attention at the end. Both sums are scaled by √½.
 *
 * Source: Song et al., "Score-Based Generative Modeling through SDEs", 2021 (DDPM++), with the parameter names of Karras et
 * al., "Elucidating the Design Space of Diffusion-Based Generative Models", 2022, so that released parameters load by name.
 */

import * as tf from '@tensorflow/tfjs-core'
import { hasKernel } from '../backend-kernel.ts'
import { groupNorm } from '../group-norm.ts'
import { attend, conv, downsample, linear, upsample, zero } from '../layers.ts'
import type { Initial, ParameterSpec, Parameters } from '../network.ts'
import { plusScaled } from '../sums.ts'
import { groupsOf } from './song-unet-options.ts'

interface SongBlockOptions {
  readonly from: number
  readonly to: number
  /** Width of the embedding. */
  readonly embedding: number
  /** Halves or doubles height and width before the first convolution. */
  readonly resample: 'none' | 'down' | 'up'
  readonly attention: boolean
  /** Fraction of values that training drops. */
  readonly dropout: number
}

/** The inputs of a block besides its image. */
interface SongBlockInput {
  /** [N, embedding] */
  readonly embedding: tf.Tensor2D
  /** The values that dropout keeps, bool [N, H, W, to]. Default: all. */
  readonly dropoutMask?: tf.Tensor4D | undefined
}

export interface SongBlock {
  readonly parameters: readonly ParameterSpec[]
  /** [N, H, W, from] -> [N, H', W', to] */
  apply(parameters: Parameters, x: tf.Tensor4D, input: SongBlockInput): tf.Tensor4D
}

const epsilon = 1e-6

/** Gain of the last layer of a branch: close to 0, so that blocks start as the identity. */
export const closingGain = 1e-5

/** Xavier (Glorot) initialization: uniform in ±gain · √(6 / (fan-in + fan-out)). */
const xavier = (from: number, to: number, { kernel = 1, gain = 1 } = {}): Initial => ({
  kind: 'uniform',
  bound: gain * Math.sqrt(6 / ((from + to) * kernel * kernel)),
})

/** Convolution, linear layer and norm with the initialization and ε of this network. */
export const songConv = (name: string, options: { from: number; to: number; kernel: 1 | 3; gain?: number }) =>
  conv(name, { ...options, initial: xavier(options.from, options.to, options), initialBias: zero })

export const songLinear = (name: string, { from, to }: { from: number; to: number }) =>
  linear(name, { from, to, initial: xavier(from, to), initialBias: zero })

export const songNorm = (name: string, channels: number, { silu }: { silu: boolean }) =>
  groupNorm(name, { channels, groups: groupsOf(channels), epsilon, silu })

export function songBlock(name: string, options: SongBlockOptions): SongBlock {
  const { from, to, embedding, resample } = options
  const norm0 = songNorm(`${name}.norm0`, from, { silu: true })
  const conv0 = songConv(`${name}.conv0`, { from, to, kernel: 3 })
  const affine = songLinear(`${name}.affine`, { from: embedding, to })
  const norm1 = songNorm(`${name}.norm1`, to, { silu: true })
  const conv1 = songConv(`${name}.conv1`, { from: to, to, kernel: 3, gain: closingGain })
  const skip = from === to && resample === 'none' ? null : songConv(`${name}.skip`, { from, to, kernel: 1 })
  const attend = options.attention ? songAttention(name, to) : null

  const shortcut = (values: Parameters, x: tf.Tensor4D): tf.Tensor4D => {
    if (skip === null) return x
    // a 1×1 convolution commutes with upsampling, and takes a quarter of the work before it
    return resample === 'up' ? upsample(skip.apply(values, x)) : skip.apply(values, resampled(x, resample))
  }

  const apply: SongBlock['apply'] = (values, x, { embedding: vector, dropoutMask }) => {
    const normal = resampled(norm0.apply(values, x), resample)
    let h = norm1.apply(values, conv0.applyShifted(values, normal, affine.apply(values, vector)))
    if (dropoutMask !== undefined) h = tf.mul(h, tf.mul(tf.cast(dropoutMask, 'float32'), 1 / (1 - options.dropout)))
    h = conv1.apply(values, h)
    const sum = plusScaled(h, shortcut(values, x), Math.SQRT1_2)
    return attend === null ? sum : attend.apply(values, sum)
  }
  const parts = [norm0, conv0, affine, norm1, conv1, skip, attend]
  // what no gradient needs is disposed of at the end of the block, not of the network
  return {
    parameters: parts.flatMap(part => part?.parameters ?? []),
    apply: (...inputs) => tf.tidy(() => apply(...inputs)),
  }
}

const resampled = (x: tf.Tensor4D, how: SongBlockOptions['resample']): tf.Tensor4D =>
  how === 'none' ? x : how === 'down' ? downsample(x) : upsample(x)

/**
 * Single-head self-attention over all pixels. Queries, keys and values are interleaved: channel 3c + j of `qkv` is channel c of the
 * j-th. Computed with channels first, or by the backend's kernel.
 */
function songAttention(name: string, channels: number) {
  const norm = songNorm(`${name}.norm2`, channels, { silu: false })
  const qkv = songConv(`${name}.qkv`, { from: channels, to: 3 * channels, kernel: 1, gain: Math.sqrt(0.2) })
  const projection = songConv(`${name}.proj`, { from: channels, to: channels, kernel: 1, gain: closingGain })

  const apply = (values: Parameters, x: tf.Tensor4D): tf.Tensor4D => {
    const [n, height, width] = x.shape
    if (hasKernel('Attention')) {
      const all = tf.reshape(qkv.apply(values, norm.apply(values, x)), [n, 1, height * width, channels, 3])
      const [q, k, v] = tf.unstack(all, 4) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]
      const mixed = tf.reshape(attend({ q, k, v }), [n, height, width, channels]) as tf.Tensor4D
      return plusScaled(projection.apply(values, mixed), x, Math.SQRT1_2)
    }
    const all = tf.transpose(qkv.apply(values, norm.apply(values, x)), [0, 3, 1, 2])
    const parts = tf.split(tf.reshape(all, [n, channels, 3, height * width]), 3, 2)
    const [q, k, v] = parts.map(part => tf.reshape(part, [n, channels, height * width])) as [
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D,
    ]
    const scores = tf.softmax(tf.matMul(tf.mul(q, 1 / Math.sqrt(channels)), k, true, false))
    const mixed = tf.reshape(tf.matMul(v, scores, false, true), [n, channels, height, width])
    const projected = projection.apply(values, tf.transpose(mixed, [0, 2, 3, 1]) as tf.Tensor4D)
    return plusScaled(projected, x, Math.SQRT1_2)
  }
  return { parameters: [...norm.parameters, ...qkv.parameters, ...projection.parameters], apply }
}
