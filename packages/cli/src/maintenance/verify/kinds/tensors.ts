/** Stored tensors as tfjs tensors. Images are [N, H, W, C] in networks and [N, C, H, W] in fixtures. */

import * as tf from '@tensorflow/tfjs-core'
import type { TensorFile } from '../fixture.ts'

export type Values = Readonly<Record<string, tf.Tensor>>

export const nhwc = (x: tf.Tensor): tf.Tensor4D => tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D
export const nchw = (x: tf.Tensor): tf.Tensor4D => tf.transpose(x, [0, 3, 1, 2]) as tf.Tensor4D

export const tensorOf = (file: TensorFile, name: string): tf.Tensor =>
  tf.tensor(file.float32(name), [...file.shape(name)])

export const imagesOf = (file: TensorFile, name: string): tf.Tensor4D => nhwc(tensorOf(file, name))

export const labelsOf = (file: TensorFile, name: string): tf.Tensor1D =>
  tf.tensor1d(Int32Array.from(file.float64(name)), 'int32')

export const numbersOf = (x: tf.Tensor): Float32Array => Float32Array.from(x.dataSync())

/** Gradients of a scalar with respect to named tensors. */
export function gradientsOf(f: (values: Values) => tf.Tensor, values: Values): Record<string, tf.Tensor> {
  const names = Object.keys(values)
  const loss = (...inputs: tf.Tensor[]) => {
    const value = f(Object.fromEntries(names.map((name, i) => [name, inputs[i]!])))
    // tfjs requires that the loss depends on every input
    return inputs.reduce<tf.Tensor>((sum, x) => tf.add(sum, tf.mul(tf.sum(x), 0)), tf.reshape(value, []))
  }
  const gradients = tf.grads(loss)(Object.values(values) as tf.Tensor[])
  return Object.fromEntries(names.map((name, i) => [name, gradients[i]!]))
}
