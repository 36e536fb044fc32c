/**
 * Kernels that have no counterpart here, or not with these attributes, run on the cpu backend of tfjs: strings, ragged and sparse
 * tensors, suppression of boxes. Their inputs are read and their results written back.
 */

import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import type { TorchBackend } from '../backend.ts'
import type { KernelInput } from './call.ts'

let cpu: MathBackendCPU | undefined

function cpuBackend(): MathBackendCPU {
  // its first write would advise to install another backend
  const backend = cpu ?? Object.assign(new MathBackendCPU(), { firstUse: false })
  cpu = backend as MathBackendCPU
  return cpu
}

export const cpuKernelNames = (): string[] => tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName)

export function runOnCpu(
  kernelName: string,
  { inputs, attrs, backend: ours }: KernelInput,
): tf.TensorInfo | tf.TensorInfo[] {
  const backend = ours as TorchBackend
  const { kernelFunc } = tf.getKernel(kernelName, 'cpu')
  const helper = cpuBackend()
  const used: tf.TensorInfo[] = []
  const lend = (info: tf.TensorInfo): tf.TensorInfo => {
    const { shape, dtype } = info
    const values = backend.readSync(info.dataId)
    // some kernels look at the rank, which a tensor has and a TensorInfo has not
    const copy = { dataId: write(helper, values, { shape, dtype }), shape, dtype, rank: shape.length }
    used.push(copy)
    return copy
  }
  // ragged kernels take lists of tensors under one name
  const lendEach = (info: tf.TensorInfo | tf.TensorInfo[] | undefined | null) =>
    Array.isArray(info) ? info.map(lend) : info ? lend(info) : info
  const copies = Array.isArray(inputs)
    ? inputs.map(lend)
    : Object.fromEntries(Object.entries(inputs).map(([name, info]) => [name, lendEach(info)]))
  try {
    const results = kernelFunc({ inputs: copies as tf.NamedTensorInfoMap, backend: helper, attrs: attrs ?? {} })
    const taken = [results].flat().map(info => {
      used.push(info)
      const { dataId, shape, dtype } = info
      return { dataId: backend.write(helper.readSync(dataId), shape, dtype), shape, dtype }
    })
    return Array.isArray(results) ? taken : (taken[0] as tf.TensorInfo)
  } finally {
    for (const { dataId } of used) helper.disposeData(dataId, true)
  }
}

function write(
  helper: MathBackendCPU,
  values: tf.backend_util.BackendValues,
  { shape, dtype }: Pick<tf.TensorInfo, 'shape' | 'dtype'>,
): object {
  if (dtype !== 'complex64') return helper.write(values, shape, dtype)
  const { real, imag } = tf.backend_util.splitRealAndImagArrays(values as Float32Array)
  const dataId = helper.write(null as never, shape, dtype)
  const half = (part: Float32Array): tf.TensorInfo => ({
    dataId: helper.write(part, shape, 'float32'),
    shape,
    dtype: 'float32',
  })
  helper.data.get(dataId).complexTensorInfos = { real: half(real), imag: half(imag) }
  return dataId
}
