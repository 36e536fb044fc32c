/** κ = label: a learned table whose row `label`, viewed as an image with channels first, is what the encoder sees. */

import * as tf from '@tensorflow/tfjs-core'
import { type ParameterSpec, type Parameters, parameter, sizeOf } from './network.ts'
import type { NetworkContext } from './unet-options.ts'

/** Labels int32 [N] -> images [N, H, W, C]. */
export function labelImages({
  classes,
  image: { channels, height, width },
}: Pick<NetworkContext, 'classes' | 'image'>) {
  const name = 'class_embedding.weight'
  const parameters: readonly ParameterSpec[] = [
    { name, shape: [classes, sizeOf([channels, height, width])], initial: { kind: 'normal', deviation: 1 } },
  ]
  const apply = (given: Parameters, label: tf.Tensor): tf.Tensor4D => {
    const rows = tf.gather(parameter(given, name), label as tf.Tensor1D)
    return tf.transpose(tf.reshape(rows, [-1, channels, height, width]), [0, 2, 3, 1]) as tf.Tensor4D
  }
  return { parameters, apply }
}
