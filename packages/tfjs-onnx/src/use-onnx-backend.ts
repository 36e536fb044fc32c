/** Makes the recording backend tfjs's current one. */

import * as tf from '@tensorflow/tfjs-core'
import { OnnxBackend } from './backend.ts'
import { OnnxBackendError } from './errors.ts'
import { registerGradients } from './gradients.ts'
import { registerKernels } from './kernels/register.ts'
import type { Device, Runtime } from './runtime/runtime.ts'

export const backendName = 'onnx'

export interface OnnxBackendOptions {
  /**
   * Device that graphs run on. Default: `cpu`. `auto` takes CUDA if it works, else the CPU; see the backend's `device`. What
   * another device than the CPU has no kernel for runs on the CPU.
   */
  readonly device?: Device | 'auto'
  /** Threads inside one operator; unset: as many as there are physical cores. */
  readonly threads?: number
  /** How many different graphs stay built (default 64). */
  readonly sessions?: number
  /** Another ONNX runtime than onnxruntime-node: in a page `await onnxruntimeWeb(ort)`. */
  readonly runtime?: Runtime
}

const devices: readonly string[] = ['auto', 'cpu', 'cuda', 'webgpu'] satisfies (Device | 'auto')[]
const optionNames = ['device', 'threads', 'sessions', 'runtime'] as const satisfies (keyof OnnxBackendOptions)[]

/**
 * Registers the backend if it is not yet, makes it tfjs's current one, and returns it. Where it is registered already, it stays as
 * it is, unless another device or runtime is asked for: then a new one replaces it.
 *
 * @throws OnnxBackendError OPTION_INVALID; RUNTIME_MISSING if onnxruntime-node cannot be loaded, the device cannot be used (the message says
 *   what is not there), or tensors are left on the backend that should be replaced.
 */
export async function useOnnxBackend(options: OnnxBackendOptions = {}): Promise<OnnxBackend> {
  checkOptions(options)
  const { device, runtime, ...rest } = options
  const chosen = runtime ?? (await nodeRuntime(device ?? running()?.device ?? 'cpu'))
  const before = running() // another call may have come first
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
  if (!devices.includes(device))
    refuse(`there is no device "${device}"`, `it may be ${devices.slice(0, -1).join(', ')} or ${devices.at(-1)}`)
  for (const name of ['threads', 'sessions'] as const) {
    const value = options[name]
    if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= 1024)) continue
    refuse(`${name} is ${value}`, 'give a whole number from 1 to 1024, or leave it out')
  }
}

const running = () => tf.findBackend(backendName) as OnnxBackend | null

/** Its kernels stay, for the next one. */
function remove(backend: OnnxBackend): void {
  const left = backend.numDataIds()
  if (left === 0) {
    tf.removeBackend(backendName)
    return
  }
  throw new OnnxBackendError('RUNTIME_MISSING', `the backend on "${backend.device}" still holds ${left} tensors`, {
    hint: 'choose the device before making tensors, or dispose of them first',
  })
}

/** onnxruntime-node on the device; what runs already if it is there. */
async function nodeRuntime(device: Device | 'auto'): Promise<Runtime> {
  const now = running()?.runtime
  if (now?.device === device) return now
  const { automatic, checkDevice, onnxruntimeOn } = await loadNodeRuntime()
  if (device === 'auto') return automatic(onnxruntimeOn)
  const runtime = onnxruntimeOn(device)
  await checkDevice(runtime)
  return runtime
}

async function loadNodeRuntime() {
  try {
    return await import('#in-node')
  } catch (cause) {
    if (cause instanceof OnnxBackendError) throw cause
    throw new OnnxBackendError('RUNTIME_MISSING', 'onnxruntime-node could not be loaded', {
      hint: 'ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node@1.30.0 (linux, macOS and Windows on x64 and arm64)',
      cause,
    })
  }
}
