/**
 * All kernels of the backend, and for each kernel name that tfjs knows but this backend does not have, one that says so:
 * which kernel, and which op asked for it.
 */

import * as tf from '@tensorflow/tfjs-core'
import type { OnnxBackend } from '../backend.ts'
import { OnnxBackendError } from '../errors.ts'
import { Call, type KernelFunction, type KernelTable } from './call.ts'
import { convolutionKernels } from './convolution.ts'
import { elementwiseKernels } from './elementwise.ts'
import { imageKernels } from './image.ts'
import { matmulKernels } from './matmul.ts'
import { reduceKernels } from './reduce.ts'
import { shapeKernels } from './shape.ts'

export const kernels: KernelTable = {
  ...elementwiseKernels,
  ...reduceKernels,
  ...shapeKernels,
  ...matmulKernels,
  ...convolutionKernels,
  ...imageKernels,
}

/** Registers every kernel under the backend's name. Call once. */
export function registerKernels(backendName: string): void {
  for (const [kernelName, build] of Object.entries(kernels)) {
    tf.registerKernel({ kernelName, backendName, kernelFunc: recording(kernelName, build) as tf.KernelFunc })
  }
  for (const kernelName of knownKernelNames()) {
    if (!(kernelName in kernels)) tf.registerKernel({ kernelName, backendName, kernelFunc: unsupported(kernelName) })
  }
}

interface Given {
  inputs: tf.NamedTensorInfoMap
  backend: unknown
  attrs?: tf.NamedAttrMap
}

const recording = (name: string, build: KernelFunction) => (given: Given) => {
  const backend = given.backend as OnnxBackend
  const result = build(new Call(name, backend, given))
  return Array.isArray(result) ? result.map(lazy => backend.tensor(lazy)) : backend.tensor(result)
}

/** tfjs-core exports each kernel's name as a constant of (nearly) the same name. */
const knownKernelNames = (): string[] =>
  Object.entries(tf)
    .filter(([name, value]) => typeof value === 'string' && /^[A-Z_]/.test(name) && sameName(name, value))
    .map(([, value]) => value as unknown as string)

const sameName = (a: string, b: string): boolean =>
  a.replace(/^_/, '').toLowerCase() === b.replace(/^_/, '').toLowerCase()

const unsupported = (kernel: string) => (): never => {
  throw new OnnxBackendError('KERNEL_UNSUPPORTED', `the onnx backend has no kernel ${kernel}${calledBy()}`, {
    hint: 'run this op on another backend: tf.setBackend("cpu") before it (import @tensorflow/tfjs-backend-cpu), and back after',
  })
}

/** The tfjs op that is being executed, if tfjs says. */
function calledBy(): string {
  const scope = (tf.engine() as unknown as { state: { activeScope?: { name?: string } } }).state.activeScope?.name
  return scope === undefined || scope === '' ? '' : ` (called by tf.${scope})`
}
