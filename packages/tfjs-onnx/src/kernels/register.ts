/**
 * All kernels of the backend: those that are recorded as ONNX nodes, those on complex numbers, and for every other one
 * that tfjs's cpu backend has, a detour through that.
 */

import * as tf from '@tensorflow/tfjs-core'
import type { OnnxBackend } from '../backend.ts'
import { Call, type Given, type KernelTable } from './call.ts'
import { complexKernels } from './complex.ts'
import { convolutionKernels } from './convolution.ts'
import { cpuKernelNames, runOnCpu } from './cpu.ts'
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
  const names = new Set([...Object.keys(kernels), ...Object.keys(complexKernels), ...cpuKernelNames()])
  for (const kernelName of names) tf.registerKernel({ kernelName, backendName, kernelFunc: dispatch(kernelName) })
}

const dispatch = (name: string): tf.KernelFunc => {
  const [onNumbers, onComplex] = [kernels[name], complexKernels[name]]
  return (given: Given) => {
    const backend = given.backend as OnnxBackend
    const complex = onComplex?.(given) ?? null
    if (complex !== null) return complex
    const result = onNumbers && hasNumbers(given) ? onNumbers(new Call(name, backend, given)) : null
    if (result === null) return runOnCpu(name, given)
    return Array.isArray(result) ? result.map(lazy => backend.tensor(lazy)) : backend.tensor(result)
  }
}

/** Whether every input is one array of numbers. */
function hasNumbers({ inputs }: Given): boolean {
  for (const name in inputs) {
    const dtype = inputs[name]?.dtype
    if (dtype === 'string' || dtype === 'complex64') return false
  }
  return true
}
