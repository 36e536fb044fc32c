/**
 * Sums and joins of images whose gradients need none of their inputs. tfjs's own keep the inputs until the gradient is computed, which
 * takes as much memory as the results. Each gradient is a tensor of its own, because tfjs disposes of them one by one.
 */

import * as tf from '@tensorflow/tfjs-core'

type Gradient = (dy: tf.Tensor4D) => tf.Tensor[]

const withGradient = (value: (a: tf.Tensor4D, b: tf.Tensor4D) => tf.Tensor4D, gradient: Gradient) =>
  tf.customGrad((a, b) => ({
    value: value(a as tf.Tensor4D, b as tf.Tensor4D),
    gradFunc: dy => gradient(dy as tf.Tensor4D),
  })) as unknown as (a: tf.Tensor4D, b: tf.Tensor4D) => tf.Tensor4D

/** a + b, of the same shape. */
export const plus = withGradient(tf.add, dy => [tf.clone(dy), tf.clone(dy)])

/** (a + b) · factor, of the same shape. */
export const plusScaled = (a: tf.Tensor4D, b: tf.Tensor4D, factor: number): tf.Tensor4D =>
  withGradient(
    (x, y) => tf.mul(tf.add(x, y), factor),
    dy => {
      const scaled = tf.mul(dy, factor)
      return [scaled, tf.clone(scaled)]
    },
  )(a, b)

/** Images [N, H, W, C] and [N, 1, 1, C]. */
export const addPerImage: (x: tf.Tensor4D, shift: tf.Tensor4D) => tf.Tensor4D = withGradient(tf.add, dy => [
  tf.clone(dy),
  tf.sum(dy, [1, 2], true),
])

/** The channels of a, then those of b. */
export const joinChannels = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor4D => {
  const sizes = [a.shape[3], b.shape[3]]
  return withGradient(
    (x, y) => tf.concat([x, y], 3),
    dy => tf.split(dy, sizes, 3),
  )(a, b)
}
