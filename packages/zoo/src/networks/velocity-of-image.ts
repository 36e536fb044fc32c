/**
 * The velocity of a network that predicts the image: v = (x1 − xt) / (1 − t) on the straight path. Images of the data are simpler than
 * noise, which differs in every pixel: a network on patches with few channels can give an image without grain, but cannot carry the
 * noise of each pixel from its input to its output, as a prediction of the velocity has to. The loss stays that of the velocity.
 *
 * Li and He 2025, "Back to Basics: Let Denoising Generative Models Denoise". The division ends at `leastRest`: below it, the
 * network gives the image that is reached in a time of `leastRest`.
 */

import * as tf from '@tensorflow/tfjs-core'

/** Least 1 − t that is divided by: what errors of the network, and of half precision, are multiplied by is at most its inverse. */
export const leastRest = 0.15

/** @param image, xt [N, H, W, C] @param t [N], 1 at the data @returns the velocity, shaped like xt */
export function velocityOfImage(image: tf.Tensor4D, { xt, t }: { xt: tf.Tensor4D; t: tf.Tensor1D }): tf.Tensor4D {
  const rest = tf.maximum(tf.sub(1, t), leastRest)
  return tf.div(tf.sub(image, xt), tf.reshape(rest, [-1, 1, 1, 1]))
}
