/** All kernels of the backend: by ATen operators, and for every other one that the cpu backend of tfjs has, by that. */

import { cpuKernelNames, runOnCpuBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import type { TorchBackend } from '../backend.ts'
import { binaryKernels } from './binary.ts'
import { Call, type KernelInput, type KernelTable } from './call.ts'
import { fusedKernels } from './fused.ts'
import { imageKernels } from './images.ts'
import { indexingKernels } from './indexing.ts'
import { productKernels } from './products.ts'
import { reduceKernels } from './reduce.ts'
import { shapeKernels } from './shape.ts'
import { unaryKernels } from './unary.ts'

export const kernels: KernelTable = {
  ...unaryKernels,
  ...binaryKernels,
  ...shapeKernels,
  ...reduceKernels,
  ...productKernels,
  ...imageKernels,
  ...indexingKernels,
  ...fusedKernels,
}

/** Registers every kernel under the backend's name. Call once. */
export function registerKernels(backendName: string): void {
  tf.registerKernel({ kernelName: 'Identity', backendName, kernelFunc: identity })
  for (const kernelName of new Set([...Object.keys(kernels), ...cpuKernelNames()])) {
    if (kernelName === 'Identity') continue
    tf.registerKernel({ kernelName, backendName, kernelFunc: kernelFunction(kernelName) })
  }
}

/** The same data, counted once more. */
const identity: tf.KernelFunc = ({ inputs, backend }) => {
  const { dataId, shape, dtype } = inputs.x as tf.TensorInfo
  ;(backend as TorchBackend).incRef(dataId)
  return { dataId, shape, dtype }
}

function kernelFunction(name: string): tf.KernelFunc {
  const kernel = kernels[name]
  return (input: KernelInput) => {
    const backend = input.backend as TorchBackend
    if (kernel === undefined || hasStrings(input)) return runOnCpuBackend(name, input, backend)
    let isList = false
    const results = backend.torch.scope(() => {
      const computed = kernel(new Call(name, input))
      isList = Array.isArray(computed)
      return computed === null ? null : [computed].flat()
    })
    if (results === null) return runOnCpuBackend(name, input, backend)
    const tensors = results.map(one => backend.tensor(one))
    return isList ? tensors : (tensors[0] as tf.TensorInfo)
  }
}

function hasStrings({ inputs }: KernelInput): boolean {
  for (const name in inputs) if (inputs[name]?.dtype === 'string') return true
  return false
}
