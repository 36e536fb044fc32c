/** All kernels of the backend: recorded as ONNX nodes, on complex numbers, or as a fallback on tfjs's cpu backend. */

import * as tf from '@tensorflow/tfjs-core'
import type { OnnxBackend } from '../backend.ts'
import { binaryKernels } from './binary.ts'
import { blockKernels } from './blocks.ts'
import { Call, type Given, type KernelTable, type TensorKernel } from './call.ts'
import { complexKernels } from './complex.ts'
import { convolutionKernels } from './convolution.ts'
import { cpuKernelNames, runOnCpu } from './cpu.ts'
import { createKernels } from './create.ts'
import { einsumKernels } from './einsum.ts'
import { indexingKernels } from './indexing.ts'
import { matmulKernels } from './matmul.ts'
import { normalizeKernels } from './normalize.ts'
import { padKernels } from './pad.ts'
import { poolingKernels } from './pooling.ts'
import { reduceKernels } from './reduce.ts'
import { resizeKernels } from './resize.ts'
import { shapeKernels } from './shape.ts'
import { unaryKernels } from './unary.ts'

export const kernels: KernelTable = {
  ...unaryKernels,
  ...binaryKernels,
  ...reduceKernels,
  ...shapeKernels,
  ...matmulKernels,
  ...convolutionKernels,
  ...poolingKernels,
  ...resizeKernels,
  ...createKernels,
  ...padKernels,
  ...indexingKernels,
  ...einsumKernels,
  ...blockKernels,
  ...normalizeKernels,
}

/** Kernels on tensors instead of recorded values. */
export const tensorKernels: Readonly<Record<string, TensorKernel>> = {
  ...complexKernels(kernels),
  // the same data with another reference
  Identity: ({ inputs, backend }) => {
    const { dataId, shape, dtype } = inputs.x as tf.TensorInfo
    ;(backend as OnnxBackend).incRef(dataId)
    return { dataId, shape, dtype }
  },
}

/** Registers every kernel under the backend's name. Call once. */
export function registerKernels(backendName: string): void {
  const names = new Set([...Object.keys(kernels), ...Object.keys(tensorKernels), ...cpuKernelNames()])
  for (const kernelName of names) tf.registerKernel({ kernelName, backendName, kernelFunc: dispatch(kernelName) })
}

const dispatch = (name: string): tf.KernelFunc => {
  const [onNumbers, onTensors] = [kernels[name], tensorKernels[name]]
  return (given: Given) => {
    const result =
      onNumbers && hasNumbers(given) ? onNumbers(new Call(name, given.backend as OnnxBackend, given)) : null
    if (result === null) return onTensors?.(given) ?? runOnCpu(name, given)
    const backend = given.backend as OnnxBackend
    return Array.isArray(result) ? result.map(lazy => backend.tensor(lazy)) : backend.tensor(result)
  }
}

/** Whether no input is a string or complex tensor. */
function hasNumbers({ inputs }: Given): boolean {
  for (const name in inputs) {
    const dtype = inputs[name]?.dtype
    if (dtype === 'string' || dtype === 'complex64') return false
  }
  return true
}
