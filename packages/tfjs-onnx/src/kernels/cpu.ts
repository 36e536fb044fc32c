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

export const cpuKernelNames = (): string[] => tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName)

/** Runs a kernel of the cpu backend on tensors of this backend. */
export function runOnCpu(
  kernelName: string,
  { inputs, attrs, backend: given }: Given,
): tf.TensorInfo | tf.TensorInfo[] {
  const backend = given as OnnxBackend
  if (backend.tracing) throw notRecordable(kernelName)
  const { kernelFunc } = tf.getKernel(kernelName, 'cpu')
  const helper = cpuBackend()
  const lent: tf.TensorInfo[] = []
  const lend = (info: tf.TensorInfo): tf.TensorInfo => {
    const copy = lendTo(helper, backend, info)
    lent.push(copy)
    return copy
  }
  // ragged kernels have lists of tensors under one name
  const lendEach = (info: tf.TensorInfo | tf.TensorInfo[] | undefined | null) =>
    Array.isArray(info) ? info.map(lend) : info ? lend(info) : info
  const copies = Array.isArray(inputs)
    ? inputs.map(lend)
    : Object.fromEntries(Object.entries(inputs).map(([name, info]) => [name, lendEach(info)]))
  try {
    const results = kernelFunc({ inputs: copies as tf.NamedTensorInfoMap, backend: helper, attrs: attrs ?? {} })
    const taken = [results].flat().map(info => takeFrom(helper, backend, info))
    lent.push(...[results].flat())
    return Array.isArray(results) ? taken : (taken[0] as tf.TensorInfo)
  } finally {
    for (const { dataId } of lent) helper.disposeData(dataId, true)
  }
}

function lendTo(helper: MathBackendCPU, backend: OnnxBackend, info: tf.TensorInfo): tf.TensorInfo {
  const { shape, dtype } = info
  // some kernels use the rank, which a TensorInfo does not have
  const rest = { shape, dtype, rank: shape.length }
  if (dtype !== 'complex64') return { dataId: helper.write(backend.readSync(info.dataId), shape, dtype), ...rest }
  const { real, imag } = backend.parts(info)
  const parts = { real: lendTo(helper, backend, real), imag: lendTo(helper, backend, imag) }
  const dataId = helper.write(null as never, shape, dtype)
  helper.data.get(dataId).complexTensorInfos = parts
  return { dataId, ...rest }
}

/** Copies a result to this backend. */
function takeFrom(
  helper: MathBackendCPU,
  backend: OnnxBackend,
  { dataId, shape, dtype }: tf.TensorInfo,
): tf.TensorInfo {
  return { dataId: backend.write(helper.readSync(dataId), shape, dtype), shape, dtype }
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
