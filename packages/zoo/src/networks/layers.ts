/**
 * The layers of the networks: convolution, linear layer, self-attention over pixels, embeddings of numbers and labels, patches. A
 * layer lists its parameters, which have its name as a prefix.
 */

import * as tf from '@tensorflow/tfjs-core'
import { hasKernel, runKernel } from './backend-kernel.ts'
import { groupNorm } from './group-norm.ts'
import { type Initial, type ParameterSpec, type Parameters, parameter, sizeOf } from './network.ts'
import { addPerImage, plus } from './sums.ts'
import type { NetworkContext } from './unet-options.ts'

/** PyTorch's default initialization: uniform in ±1/√fan-in. */
const fanIn = (inputs: number): Initial => ({ kind: 'uniform', bound: 1 / Math.sqrt(inputs) })
export const zero: Initial = { kind: 'constant', value: 0 }

interface ConvOptions {
  readonly from: number
  readonly to: number
  /** Side of the filter: 1 or 3. */
  readonly kernel: 1 | 3
  /** 2 halves height and width. Default: 1. */
  readonly stride?: 1 | 2
  /** Initialization of the weight. Default: PyTorch's. */
  readonly initial?: Initial
  /** Initialization of the bias. Default: that of the weight. */
  readonly initialBias?: Initial
}

/** Convolution with bias and zero padding: [N, H, W, from] -> [N, H / stride, W / stride, to]. */
export function conv(name: string, options: ConvOptions) {
  const { from, to, kernel, stride = 1, initial = fanIn(from * kernel * kernel), initialBias = initial } = options
  const parameters: ParameterSpec[] = [
    { name: `${name}.weight`, shape: [to, from, kernel, kernel], initial },
    { name: `${name}.bias`, shape: [to], initial: initialBias },
  ]
  /** Without the bias. */
  const product = (values: Parameters, x: tf.Tensor4D): tf.Tensor4D =>
    tf.conv2d(
      x,
      tf.transpose(parameter(values, `${name}.weight`), [2, 3, 1, 0]) as tf.Tensor4D,
      stride,
      stride === 1 ? 'same' : paddedAround((kernel - 1) / 2),
    )
  const apply = (values: Parameters, x: tf.Tensor4D): tf.Tensor4D => {
    const [filter, bias] = [parameter(values, `${name}.weight`), parameter(values, `${name}.bias`)]
    if (!hasKernel('Convolution')) return tf.add(product(values, x), bias)
    return runKernel('Convolution', { x, filter, bias }, { stride, padding: (kernel - 1) / 2 })[0] as tf.Tensor4D
  }
  /** Adds a vector per image, [N, to], to the result. */
  const applyShifted = (values: Parameters, x: tf.Tensor4D, vector: tf.Tensor2D): tf.Tensor4D => {
    const shape: [number, number, number, number] = [-1, 1, 1, to]
    if (hasKernel('Convolution')) return addPerImage(apply(values, x), tf.reshape(vector, shape))
    // bias and vector as one summand
    return tf.add(product(values, x), tf.reshape(tf.add(vector, parameter(values, `${name}.bias`)), shape))
  }
  return { parameters, apply, applyShifted }
}

/** Symmetric padding. With a stride, 'same' pads at the bottom and right first. */
const paddedAround = (n: number): [[0, 0], [number, number], [number, number], [0, 0]] => [
  [0, 0],
  [n, n],
  [n, n],
  [0, 0],
]

interface LinearOptions {
  readonly from: number
  readonly to: number
  /** As in `ConvOptions`. */
  readonly initial?: Initial
  readonly initialBias?: Initial
}

/** y = x Wᵀ + b: [N, from] -> [N, to]. */
export function linear(name: string, { from, to, initial = fanIn(from), initialBias = initial }: LinearOptions) {
  const parameters: ParameterSpec[] = [
    { name: `${name}.weight`, shape: [to, from], initial },
    { name: `${name}.bias`, shape: [to], initial: initialBias },
  ]
  const apply = (values: Parameters, x: tf.Tensor2D): tf.Tensor2D => {
    const [weight, bias] = [parameter(values, `${name}.weight`), parameter(values, `${name}.bias`)]
    if (hasKernel('Linear')) return runKernel('Linear', { x, weight, bias })[0] as tf.Tensor2D
    return tf.add(tf.matMul(x, weight as tf.Tensor2D, false, true), bias)
  }
  return { parameters, apply }
}

interface AttentionOptions {
  readonly channels: number
  readonly groups: number
  readonly epsilon: number
  /** Channels of one head; divides `channels`. */
  readonly headChannels: number
}

/** Self-attention over all pixels, added to its input: [N, H, W, C] -> [N, H, W, C]. */
export function attention(name: string, { channels, groups, epsilon, headChannels }: AttentionOptions) {
  const norm = groupNorm(`${name}.norm`, { channels, groups, epsilon, silu: false })
  const qkv = conv(`${name}.qkv`, { from: channels, to: 3 * channels, kernel: 1 })
  const projection = conv(`${name}.proj`, { from: channels, to: channels, kernel: 1, initial: zero })
  const heads = channels / headChannels

  const apply = (values: Parameters, x: tf.Tensor4D): tf.Tensor4D => {
    const [n, height, width] = x.shape
    const tokens = tf.reshape(qkv.apply(values, norm.apply(values, x)), [n, height * width, 3, heads, headChannels])
    // [3, N, heads, HW, headChannels]
    const [q, k, v] = tf.unstack(tf.transpose(tokens, [2, 0, 3, 1, 4])) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]
    const mixed = tf.transpose(attend({ q, k, v }), [0, 2, 1, 3])
    return plus(x, projection.apply(values, tf.reshape(mixed, [n, height, width, channels])))
  }
  return { parameters: [...norm.parameters, ...qkv.parameters, ...projection.parameters], apply }
}

/** softmax(q kᵀ / √d) v over the last two dimensions, tokens and their d channels; all [N, heads, tokens, d]. */
export function attend({ q, k, v }: Readonly<Record<'q' | 'k' | 'v', tf.Tensor4D>>): tf.Tensor4D {
  if (hasKernel('Attention')) return runKernel('Attention', { q, k, v })[0] as tf.Tensor4D
  const scores = tf.matMul(tf.mul(q, 1 / Math.sqrt(q.shape[3])), k, false, true)
  return tf.matMul(tf.softmax(scores), v)
}

/** The highest frequency: it resolves t in [0, 1] to about a thousandth. */
const highest = 1000

/** sin and cos of a number per image at `width / 2` frequencies from 1000 down to 0.1: [N] -> [N, width]. */
export function sinusoids(values: tf.Tensor1D, width: number): tf.Tensor2D {
  const half = width / 2
  const frequencies = Array.from({ length: half }, (_, i) => highest * 10000 ** (-i / Math.max(half - 1, 1)))
  const angles = tf.mul(tf.reshape(values, [-1, 1]), tf.tensor2d(frequencies, [1, half]))
  return tf.concat([tf.sin(angles), tf.cos(angles)], 1) as tf.Tensor2D
}

export const silu = <T extends tf.Tensor>(x: T): T =>
  hasKernel('Silu') ? (runKernel('Silu', { x })[0] as T) : tf.mul(x, tf.sigmoid(x))

/** Doubles height and width by repeating pixels. */
export const upsample = (x: tf.Tensor4D): tf.Tensor4D =>
  tf.image.resizeNearestNeighbor(x, [x.shape[1] * 2, x.shape[2] * 2])

/** Halves height and width by averaging four pixels. */
export const downsample = (x: tf.Tensor4D): tf.Tensor4D => tf.avgPool(x, 2, 2, 'valid')

/** Squares of `size` × `size` pixels become channels: [N, H, W, C] -> [N, H/size, W/size, size·size·C]. */
export function patchify(x: tf.Tensor4D, size: number): tf.Tensor4D {
  if (size === 1) return x
  const [n, height, width, channels] = x.shape
  const [rows, columns] = [height / size, width / size]
  const split = tf.reshape(x, [n, rows, size, columns, size, channels])
  return tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4, 5]), [n, rows, columns, size * size * channels])
}

/** The inverse of `patchify`. */
export function unpatchify(x: tf.Tensor4D, size: number): tf.Tensor4D {
  if (size === 1) return x
  const [n, rows, columns, depth] = x.shape
  const channels = depth / (size * size)
  const split = tf.reshape(x, [n, rows, columns, size, size, channels])
  return tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4, 5]), [n, rows * size, columns * size, channels])
}

/** For κ = label: labels int32 [N] -> images [N, H, W, C], rows of a learned table (with channels first). */
export function labelImages(context: Pick<NetworkContext, 'classes' | 'image'>, name = 'class_embedding.weight') {
  const { classes, image } = context
  const { channels, height, width } = image
  const parameters: readonly ParameterSpec[] = [
    { name, shape: [classes, sizeOf([channels, height, width])], initial: { kind: 'normal', deviation: 1 } },
  ]
  const apply = (values: Parameters, label: tf.Tensor): tf.Tensor4D => {
    const rows = tf.gather(parameter(values, name), label as tf.Tensor1D)
    return tf.transpose(tf.reshape(rows, [-1, channels, height, width]), [0, 2, 3, 1]) as tf.Tensor4D
  }
  return { parameters, apply }
}
