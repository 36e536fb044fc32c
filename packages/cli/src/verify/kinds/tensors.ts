/** Stored tensors as those of tfjs, images as [N, H, W, C] inside and [N, C, H, W] in fixtures. */

import * as tf from '@tensorflow/tfjs-core'
import type { TensorFile } from '../fixture.ts'

export const nhwc = (x: tf.Tensor): tf.Tensor4D => tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D
export const nchw = (x: tf.Tensor): tf.Tensor4D => tf.transpose(x, [0, 3, 1, 2]) as tf.Tensor4D

/** Float32, of its own shape. */
export const tensorOf = (file: TensorFile, name: string): tf.Tensor =>
  tf.tensor(file.float32(name), [...file.shape(name)])

/** A list of class numbers. */
export const labelsOf = (file: TensorFile, name: string): tf.Tensor1D =>
  tf.tensor1d(Int32Array.from(file.float64(name)), 'int32')

export const imagesOf = (file: TensorFile, name: string): tf.Tensor4D => nhwc(tensorOf(file, name))

export const numbersOf = (x: tf.Tensor): Float32Array => Float32Array.from(x.dataSync())

/** Of a scalar, with respect to each of some tensors, by their names. */
export function gradientsOf(
  f: (values: Readonly<Record<string, tf.Tensor>>) => tf.Tensor,
  values: Readonly<Record<string, tf.Tensor>>,
): Record<string, tf.Tensor> {
  const names = Object.keys(values)
  const loss = (...given: tf.Tensor[]) => {
    const value = f(Object.fromEntries(names.map((name, i) => [name, given[i] as tf.Tensor])))
    // tfjs wants every variable to take part
    return given.reduce<tf.Tensor>((sum, x) => tf.add(sum, tf.mul(tf.sum(x), 0)), tf.reshape(value, []))
  }
  const gradients = tf.grads(loss)(names.map(name => values[name] as tf.Tensor))
  return Object.fromEntries(names.map((name, i) => [name, gradients[i] as tf.Tensor]))
}
