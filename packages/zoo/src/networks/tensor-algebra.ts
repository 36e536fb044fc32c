/**
 * `Algebra` over tf.Tensor: core's formulas, recorded by tfjs and so differentiable. A batch of images is [N, H, W, C], a
 * number per image [N], a single number a scalar.
 */

import type { Algebra } from '@mixflow/core'
import * as tf from '@tensorflow/tfjs-core'

/** Numbers per image get the rank of the images beside them. */
function spread(x: tf.Tensor, beside: tf.Tensor): tf.Tensor {
  if (x.rank !== 1 || beside.rank < 2) return x
  return tf.reshape(x, [-1, ...new Array<number>(beside.rank - 1).fill(1)])
}

const together =
  (operation: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) =>
  (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
    operation(spread(a, b), spread(b, a))

const half = (x: tf.Tensor, which: 0 | 1): tf.Tensor => tf.split(x, 2, x.rank - 1)[which] as tf.Tensor

const detach = tf.customGrad(x => ({
  value: tf.clone(x as tf.Tensor),
  gradFunc: dy => tf.zerosLike(dy as tf.Tensor),
}))

export const tensorAlgebra: Algebra<tf.Tensor> = {
  add: together(tf.add),
  sub: together(tf.sub),
  mul: together(tf.mul),
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
