/**
 * The residual block of the SongUNet: two convolutions with the embedding added in between, a resampling tied to the
 * first, dropout before the second, attention of one head at the end; both sums are scaled by √½.
 *
 * Source: Song et al., "Score-Based Generative Modeling through SDEs", 2021 (DDPM++), with the parameter names of Karras et
 * al., "Elucidating the Design Space of Diffusion-Based Generative Models", 2022, so that weights load by name.
 */

import * as tf from '@tensorflow/tfjs-core'
import { groupNorm } from '../group-norm.ts'
import { conv, downsample, linear, upsample, zero } from '../layers.ts'
import { type Initial, type ParameterSpec, type Parameters, parameter } from '../network.ts'
import { groupsOf } from './song-unet-options.ts'

export interface SongBlockOptions {
  readonly from: number
  readonly to: number
  /** Width of the embedding. */
  readonly embedding: number
  /** Tied to the first convolution: the image is halved or doubled before it. */
  readonly resample: 'none' | 'down' | 'up'
  readonly attention: boolean
  /** Share of values that training drops. */
  readonly dropout: number
}

/** What a block is told besides its image. */
export interface SongBlockInput {
  /** [N, embedding] */
  readonly embedding: tf.Tensor2D
  /** Values dropoutMask by dropout, bool [N, H, W, to]; all where it is left out. */
  readonly dropoutMask?: tf.Tensor4D | undefined
}

export interface SongBlock {
  readonly parameters: readonly ParameterSpec[]
  /** [N, H, W, from] -> [N, H', W', to] */
  apply(parameters: Parameters, x: tf.Tensor4D, input: SongBlockInput): tf.Tensor4D
}

const epsilon = 1e-6

/** Gain of the layers that end a branch: almost nothing, so that blocks start as the identity. */
export const closingGain = 1e-5

/** Glorot's rule: uniform in ±gain · √(6 / (fan-in + fan-out)). */
export const xavier = (from: number, to: number, { kernel = 1, gain = 1 } = {}): Initial => ({
  kind: 'uniform',
  bound: gain * Math.sqrt(6 / ((from + to) * kernel * kernel)),
})

/** The convolution, linear layer and norm with the initial values and ε of this network. */
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

  /** The bias of the first convolution and the embedding are one vector per image: one pass adds both. */
  const shift = (given: Parameters, vector: tf.Tensor2D): tf.Tensor =>
    tf.reshape(tf.add(affine.apply(given, vector), parameter(given, `${name}.conv0.bias`)), [-1, 1, 1, to])

  const shortcut = (given: Parameters, x: tf.Tensor4D): tf.Tensor4D => {
    if (skip === null) return x
    // a 1×1 convolution and an enlargement may change places: a quarter of the work
    return resample === 'up' ? upsample(skip.apply(given, x)) : skip.apply(given, resampled(x, resample))
  }

  const apply: SongBlock['apply'] = (given, x, { embedding: vector, dropoutMask }) => {
    let h = conv0.product(given, resampled(norm0.apply(given, x), resample))
    h = norm1.apply(given, tf.add(h, shift(given, vector)))
    if (dropoutMask !== undefined) h = tf.mul(h, tf.mul(tf.cast(dropoutMask, 'float32'), 1 / (1 - options.dropout)))
    h = conv1.apply(given, h)
    const sum = tf.mul(tf.add(h, shortcut(given, x)), Math.SQRT1_2) as tf.Tensor4D
    return attend === null ? sum : attend.apply(given, sum)
  }
  const parts = [norm0, conv0, affine, norm1, conv1, skip, attend]
  return { parameters: parts.flatMap(part => part?.parameters ?? []), apply }
}

const resampled = (x: tf.Tensor4D, how: SongBlockOptions['resample']): tf.Tensor4D =>
  how === 'none' ? x : how === 'down' ? downsample(x) : upsample(x)

/**
 * Self-attention of one head over all pixels. Queries, keys and values are interleaved: channel 3c + j of `qkv` is
 * channel c of the j-th. Everything is computed with channels first, as the convolutions around it leave it.
 */
function songAttention(name: string, channels: number) {
  const norm = songNorm(`${name}.norm2`, channels, { silu: false })
  const qkv = songConv(`${name}.qkv`, { from: channels, to: 3 * channels, kernel: 1, gain: Math.sqrt(0.2) })
  const projection = songConv(`${name}.proj`, { from: channels, to: channels, kernel: 1, gain: closingGain })

  const apply = (given: Parameters, x: tf.Tensor4D): tf.Tensor4D => {
    const [n, height, width] = x.shape
    const all = tf.transpose(qkv.apply(given, norm.apply(given, x)), [0, 3, 1, 2])
    const parts = tf.split(tf.reshape(all, [n, channels, 3, height * width]), 3, 2)
    const [q, k, v] = parts.map(part => tf.reshape(part, [n, channels, height * width])) as [
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D,
    ]
    const scores = tf.softmax(tf.matMul(tf.mul(q, 1 / Math.sqrt(channels)), k, true, false))
    const mixed = tf.reshape(tf.matMul(v, scores, false, true), [n, channels, height, width])
    const projected = projection.apply(given, tf.transpose(mixed, [0, 2, 3, 1]) as tf.Tensor4D)
    return tf.mul(tf.add(projected, x), Math.SQRT1_2)
  }
  return { parameters: [...norm.parameters, ...qkv.parameters, ...projection.parameters], apply }
}
