/**
 * A plain transformer over the pixels of an image: pre-norm blocks of self-attention and a two-layer perceptron with GELU,
 * in tfjs ops as a user would write them. Every pixel is a token, and the image's channels are the width.
 *
 * Sources: Vaswani et al. 2017; Xiong et al. 2020 (norms first).
 */

import type { DenoiserNetwork, ParameterSpec, Parameters } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'

export interface TransformerOptions {
  readonly blocks: number
  readonly heads: number
}

const uniform = (inputs: number) => ({ kind: 'uniform', bound: 1 / Math.sqrt(inputs) }) as const

function linear(name: string, from: number, to: number) {
  const parameters: ParameterSpec[] = [
    { name: `${name}.weight`, shape: [to, from], initial: uniform(from) },
    { name: `${name}.bias`, shape: [to], initial: uniform(from) },
  ]
  /** [rows, from] -> [rows, to] */
  const apply = (given: Parameters, x: tf.Tensor): tf.Tensor =>
    tf.add(
      tf.matMul(x as tf.Tensor2D, given[`${name}.weight`] as tf.Tensor2D, false, true),
      given[`${name}.bias`] as tf.Tensor,
    )
  return { parameters, apply }
}

function layerNorm(name: string, width: number) {
  const parameters: ParameterSpec[] = [
    { name: `${name}.weight`, shape: [width], initial: { kind: 'constant', value: 1 } },
    { name: `${name}.bias`, shape: [width], initial: { kind: 'constant', value: 0 } },
  ]
  const apply = (given: Parameters, x: tf.Tensor): tf.Tensor => {
    const centred = tf.sub(x, tf.mean(x, -1, true))
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-5))
    const normal = tf.mul(centred, inverse)
    return tf.add(tf.mul(normal, given[`${name}.weight`] as tf.Tensor), given[`${name}.bias`] as tf.Tensor)
  }
  return { parameters, apply }
}

const gelu = (x: tf.Tensor): tf.Tensor => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))

/** Residual blocks on [N · tokens, width]. */
function block(name: string, width: number, heads: number) {
  const norm0 = layerNorm(`${name}.norm0`, width)
  const qkv = linear(`${name}.qkv`, width, 3 * width)
  const projection = linear(`${name}.proj`, width, width)
  const norm1 = layerNorm(`${name}.norm1`, width)
  const mlp0 = linear(`${name}.mlp0`, width, 4 * width)
  const mlp1 = linear(`${name}.mlp1`, 4 * width, width)
  const headWidth = width / heads

  const apply = (given: Parameters, x: tf.Tensor, images: number): tf.Tensor => {
    const rows = x.shape[0] as number
    const all = tf.reshape(qkv.apply(given, norm0.apply(given, x)), [images, rows / images, 3, heads, headWidth])
    const [q, k, v] = tf.unstack(tf.transpose(all, [2, 0, 3, 1, 4])) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]
    const scores = tf.softmax(tf.matMul(tf.mul(q, 1 / Math.sqrt(headWidth)), k, false, true))
    const mixed = tf.reshape(tf.transpose(tf.matMul(scores, v), [0, 2, 1, 3]), [rows, width])
    const attended = tf.add(x, projection.apply(given, mixed))
    return tf.add(attended, mlp1.apply(given, gelu(mlp0.apply(given, norm1.apply(given, attended)))))
  }
  return { parameters: [norm0, qkv, projection, norm1, mlp0, mlp1].flatMap(part => part.parameters), apply }
}

export function transformer({ blocks, heads }: TransformerOptions, width: number): DenoiserNetwork {
  const chain = Array.from({ length: blocks }, (_, i) => block(`block${i}`, width, heads))
  const norm = layerNorm('norm', width)
  const out = linear('out', width, width)
  return {
    parameters: [...chain, norm, out].flatMap(part => part.parameters),
    apply(given, x) {
      const [images] = x.shape
      let tokens: tf.Tensor = tf.reshape(x, [-1, width])
      for (const layer of chain) tokens = layer.apply(given, tokens, images)
      return tf.reshape(out.apply(given, norm.apply(given, tokens)), x.shape)
    },
  }
}
