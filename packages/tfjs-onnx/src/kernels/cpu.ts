/**
 * Runs kernels that ONNX cannot express on tfjs's cpu backend: strings, ragged and sparse tensors, non-maximum suppression, and rare
 * arguments of other kernels. The inputs are read, which runs everything that they depend on, the kernel is called, and its results become
 * fed tensors. The cpu backend used here keeps no tensors and is not the one that `tf.setBackend('cpu')` selects.
 *
 * While a function is being recorded nothing can be read, so such a kernel is an error that names the calling op.
 */

import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import type { OnnxBackend } from '../backend.ts'
import { OnnxBackendError } from '../errors.ts'
import type { Given } from './call.ts'

let cpu: MathBackendCPU | undefined

function cpuBackend(): MathBackendCPU {
  if (cpu !== undefined) return cpu
  cpu = new MathBackendCPU()
  // suppresses the advice to install another backend
  Object.assign(cpu, { firstUse: false })
  return cpu
}

/** Names of the kernels of tfjs's cpu backend. */
export const cpuKernelNames = (): string[] => tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName)

/** What is needed of a backend to run a kernel elsewhere: its values, and a place for the results. */
export type ValueBackend = Pick<tf.KernelBackend, 'readSync' | 'write'>

/** Runs a kernel of the cpu backend on tensors of this backend. */
export function runOnCpu(kernelName: string, input: Given): tf.TensorInfo | tf.TensorInfo[] {
  const backend = input.backend as OnnxBackend
  if (backend.tracing) throw notRecordable(kernelName)
  return runOnCpuBackend(kernelName, input, backend)
}

/** Runs a kernel of tfjs's cpu backend on tensors of any backend, whose values are read and written. */
export function runOnCpuBackend(
  kernelName: string,
  { inputs, attrs }: Pick<Given, 'inputs' | 'attrs'>,
  backend: ValueBackend,
): tf.TensorInfo | tf.TensorInfo[] {
  const { kernelFunc } = tf.getKernel(kernelName, 'cpu')
  const helper = cpuBackend()
  const used: tf.TensorInfo[] = []
  const copyOf = (info: tf.TensorInfo): tf.TensorInfo => {
    const { shape, dtype } = info
    const values = backend.readSync(info.dataId)
    // some kernels use the rank, which a TensorInfo does not have
    const copy = { dataId: writeTo(helper, values, { shape, dtype }), shape, dtype, rank: shape.length }
    used.push(copy)
    return copy
  }
  // ragged kernels have lists of tensors under one name
  const copyEach = (info: tf.TensorInfo | tf.TensorInfo[] | undefined | null) =>
    Array.isArray(info) ? info.map(copyOf) : info ? copyOf(info) : info
  const copies = Array.isArray(inputs)
    ? inputs.map(copyOf)
    : Object.fromEntries(Object.entries(inputs).map(([name, info]) => [name, copyEach(info)]))
  try {
    const results = kernelFunc({ inputs: copies as tf.NamedTensorInfoMap, backend: helper, attrs: attrs ?? {} })
    const taken = [results].flat().map(({ dataId, shape, dtype }) => {
      return { dataId: backend.write(helper.readSync(dataId), shape, dtype), shape, dtype }
    })
    used.push(...[results].flat())
    return Array.isArray(results) ? taken : (taken[0] as tf.TensorInfo)
  } finally {
    for (const { dataId } of used) helper.disposeData(dataId, true)
  }
}

/** Values of a complex tensor are interleaved; the cpu backend keeps its halves as two tensors. */
function writeTo(
  helper: MathBackendCPU,
  values: tf.backend_util.BackendValues,
  { shape, dtype }: Pick<tf.TensorInfo, 'shape' | 'dtype'>,
): object {
  if (dtype !== 'complex64') return helper.write(values, shape, dtype)
  const { real, imag } = tf.backend_util.splitRealAndImagArrays(values as Float32Array)
  const half = (part: Float32Array): tf.TensorInfo => ({
    dataId: helper.write(part, shape, 'float32'),
    shape,
    dtype: 'float32',
  })
  const dataId = helper.write(null as never, shape, dtype)
  helper.data.get(dataId).complexTensorInfos = { real: half(real), imag: half(imag) }
  return dataId
}

const notRecordable = (kernel: string): OnnxBackendError =>
  new OnnxBackendError('KERNEL_UNSUPPORTED', `kernel ${kernel}${calledBy()} cannot be part of a recorded graph`, {
    hint: 'ONNX cannot express it; call it before or after the traced or compiled function',
  })

/** The current tfjs op, if known. */
function calledBy(): string {
  const scope = (tf.engine() as unknown as { state: { activeScope?: { name?: string } } }).state.activeScope?.name
  return scope === undefined || scope === '' ? '' : ` (called by tf.${scope})`
}
