/**
 * Fused kernels that a backend may register beyond those of tfjs. `@mixflow/tfjs-torch` documents the names, inputs and attributes
 * of its own.
 */

import * as tf from '@tensorflow/tfjs-core'

/** Whether the current backend of tfjs has a kernel of this name. */
export const hasKernel = (name: string): boolean => tf.getKernel(name, tf.getBackend()) !== undefined

/** Runs a kernel. Differentiable if a gradient is registered for its name. */
export function runKernel(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: Readonly<Record<string, number | boolean>> = {},
): tf.Tensor[] {
  return [tf.engine().runKernel(name, inputs, attributes)].flat() as unknown as tf.Tensor[]
}
