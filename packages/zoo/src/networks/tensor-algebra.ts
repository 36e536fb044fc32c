/**
 * Core's `Algebra` on tensors, which makes core's formulas differentiable. A batch of images is [N, H, W, C], one number per image
 * [N], a single number a scalar.
 */

import type { Algebra } from '@mixflow/core'
import * as tf from '@tensorflow/tfjs-core'

/** Reshapes numbers per image [N] for broadcasting with a batch of images. */
function spread(x: tf.Tensor, other: tf.Tensor): tf.Tensor {
  if (x.rank !== 1 || other.rank < 2) return x
  return tf.reshape(x, [-1, ...new Array<number>(other.rank - 1).fill(1)])
}

const broadcast =
  (operation: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) =>
  (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
    operation(spread(a, b), spread(b, a))

const half = (x: tf.Tensor, which: 0 | 1): tf.Tensor => tf.split(x, 2, x.rank - 1)[which] as tf.Tensor

const detach = tf.customGrad(x => ({
  value: tf.clone(x as tf.Tensor),
  gradFunc: dy => tf.zerosLike(dy as tf.Tensor),
}))

export const tensorAlgebra: Algebra<tf.Tensor> = {
  add: broadcast(tf.add),
  sub: broadcast(tf.sub),
  mul: broadcast(tf.mul),
  scale: (x, factor) => tf.mul(x, factor),
  offset: (x, amount) => tf.add(x, amount),
  square: x => tf.square(x),
  sqrt: x => tf.sqrt(x),
  exp: x => tf.exp(x),
  tanh: x => tf.tanh(x),
  mean: x => tf.mean(x),
  sumPerImage: x => tf.sum(tf.reshape(x, [x.shape[0] as number, -1]), 1),
  halves: x => ({ first: half(x, 0), second: half(x, 1) }),
  join: (first, second) => tf.concat([first, second], first.rank - 1),
  stopGradient: x => detach(x),
}
