/**
 * What ONNX cannot express runs on tfjs's own cpu backend, so that a user's program goes on: strings, ragged and sparse
 * tensors, suppression of boxes, and rare arguments of other kernels. The inputs are read (which runs whatever they wait
 * for), the cpu backend's kernel is called, and its results come back as fed tensors. The cpu backend that is used holds
 * nothing in between, and has nothing to do with the one that `tf.setBackend('cpu')` selects.
 *
 * While a function is being recorded nothing can be read: there, such a kernel is an error that says who asked for it.
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
  // else its first write advises to install another backend
  Object.assign(cpu, { firstUse: false })
  return cpu
}

/** The kernels that the cpu backend has. */
export const cpuKernelNames = (): string[] => tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName)

/** Runs the cpu backend's kernel of that name on this backend's tensors. */
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
  // ragged kernels take lists of tensors under one name
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
  // some kernels look at the rank, which a tensor has and a TensorInfo has not
  const rest = { shape, dtype, rank: shape.length }
  if (dtype !== 'complex64') return { dataId: helper.write(backend.readSync(info.dataId), shape, dtype), ...rest }
  const { real, imag } = backend.parts(info)
  const parts = { real: lendTo(helper, backend, real), imag: lendTo(helper, backend, imag) }
  const dataId = helper.write(null as never, shape, dtype)
  helper.data.get(dataId).complexTensorInfos = parts
  return { dataId, ...rest }
}

/** The values of a result: this backend copies them. */
function takeFrom(
  helper: MathBackendCPU,
  backend: OnnxBackend,
  { dataId, shape, dtype }: tf.TensorInfo,
): tf.TensorInfo {
  return { dataId: backend.write(helper.readSync(dataId), shape, dtype), shape, dtype }
}

const notRecordable = (kernel: string): OnnxBackendError =>
  new OnnxBackendError('KERNEL_UNSUPPORTED', `kernel ${kernel}${calledBy()} cannot be part of a recorded graph`, {
    hint: 'it runs outside of ONNX, on values: call it before or after the traced or compiled function',
  })

/** The tfjs op that is being executed, if tfjs says. */
function calledBy(): string {
  const scope = (tf.engine() as unknown as { state: { activeScope?: { name?: string } } }).state.activeScope?.name
  return scope === undefined || scope === '' ? '' : ` (called by tf.${scope})`
}
