/**
 * Kernels that a backend may have beyond those of tfjs, by name and without knowing the backend: what is one operator there and several
 * of tfjs elsewhere. `@mixflow/tfjs-torch` documents the names, inputs and attributes that it registers.
 */

import * as tf from '@tensorflow/tfjs-core'

/** Whether tfjs's current backend has a kernel of this name. */
export const hasKernel = (name: string): boolean => tf.getKernel(name, tf.getBackend()) !== undefined

/** The results of a kernel; differentiable where a gradient is registered for its name. */
export function runKernel(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: Readonly<Record<string, number | boolean>> = {},
): tf.Tensor[] {
  return [tf.engine().runKernel(name, inputs, attributes)].flat() as unknown as tf.Tensor[]
}
