/** Makes the recording backend the current backend of tfjs. */

import * as tf from '@tensorflow/tfjs-core'
import { OnnxBackend } from './backend.ts'
import { OnnxBackendError } from './errors.ts'
import { registerGradients } from './gradients/register.ts'
import { registerKernels } from './kernels/register.ts'
import { loadNodeRuntime } from './runtime/load-node.ts'
import type { Device, Runtime } from './runtime/runtime.ts'

export const backendName = 'onnx'

export interface OnnxBackendOptions {
  /**
   * Device that graphs run on. Default: `cpu`. `auto` selects CUDA if it works, otherwise the CPU; see the backend's `device`.
   * Operators without a kernel for the device run on the CPU.
   */
  readonly device?: Device | 'auto'
  /** Threads per operator. Default: number of physical cores. */
  readonly threads?: number
  /** Number of graphs to cache. Default: 64. */
  readonly sessions?: number
  /** Replaces onnxruntime-node; in a page `await onnxruntimeWeb(ort)`. */
  readonly runtime?: Runtime
}

const devices: readonly string[] = ['auto', 'cpu', 'cuda', 'webgpu'] satisfies (Device | 'auto')[]
const optionNames = ['device', 'threads', 'sessions', 'runtime'] as const satisfies (keyof OnnxBackendOptions)[]

/**
 * Registers the backend, makes it the current one, and returns it. A registered backend is kept, unless another device or runtime is
 * requested, which replaces it.
 *
 * @throws OnnxBackendError OPTION_INVALID; RUNTIME_MISSING if onnxruntime-node cannot be loaded, the device cannot be used, or the backend to
 *   replace still holds tensors
 */
export async function useOnnxBackend(options: OnnxBackendOptions = {}): Promise<OnnxBackend> {
  checkOptions(options)
  const { device, runtime, ...rest } = options
  const chosen = runtime ?? (await nodeRuntime(device ?? running()?.device ?? 'cpu'))
  const before = running() // after the await, another call may have registered it
  if (before === null) {
    registerKernels(backendName)
    registerGradients()
  }
  if (runtime === undefined ? before?.device !== chosen.device : before?.runtime !== runtime) {
    if (before !== null) remove(before)
    tf.registerBackend(backendName, () => new OnnxBackend({ ...rest, runtime: chosen }))
  }
  await tf.setBackend(backendName)
  await tf.ready()
  return tf.backend() as OnnxBackend
}

function checkOptions(options: OnnxBackendOptions): void {
  const unknown = Object.keys(options).find(key => !(optionNames as readonly string[]).includes(key))
  const refuse = (message: string, hint: string): never => {
    throw new OnnxBackendError('OPTION_INVALID', message, { hint })
  }
  if (unknown !== undefined)
    refuse(`unknown option "${unknown}" of useOnnxBackend`, `options: ${optionNames.join(', ')}`)
  const { device = 'cpu' } = options
  if (!devices.includes(device)) refuse(`unknown device "${device}"`, `devices: ${devices.join(', ')}`)
  for (const name of ['threads', 'sessions'] as const) {
    const value = options[name]
    if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= 1024)) continue
    refuse(`${name} is ${value}`, 'use an integer from 1 to 1024, or leave it out')
  }
}

const running = () => tf.findBackend(backendName) as OnnxBackend | null

/** The kernels stay registered. */
function remove(backend: OnnxBackend): void {
  const left = backend.numDataIds()
  if (left === 0) {
    tf.removeBackend(backendName)
    return
  }
  throw new OnnxBackendError('RUNTIME_MISSING', `the backend on "${backend.device}" still holds ${left} tensors`, {
    hint: 'choose the device before creating tensors, or dispose of them first',
  })
}

/** onnxruntime-node on the device; the current runtime if it is on that device. */
async function nodeRuntime(device: Device | 'auto'): Promise<Runtime> {
  const now = running()?.runtime
  if (now?.device === device) return now
  const { automatic, checkDevice, onnxruntimeOn } = await loadNodeRuntime()
  if (device === 'auto') return automatic(onnxruntimeOn)
  const runtime = onnxruntimeOn(device)
  await checkDevice(runtime)
  return runtime
}
