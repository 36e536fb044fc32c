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
   * Where graphs run; `cpu` unless said. `auto` takes CUDA where it works, else the CPU: the backend's `device` tells. What
   * another device than the CPU has no kernel for runs on the CPU.
   */
  readonly device?: Device | 'auto'
  /** Threads inside one operator; unset: as many as there are physical cores. */
  readonly threads?: number
  /** How many different graphs stay built (default 64). */
  readonly sessions?: number
  /** Another ONNX runtime than onnxruntime-node. */
  readonly runtime?: Runtime
}

/**
 * Registers the backend if it is not yet, makes it tfjs's current one, and returns it. Where it is registered already, it stays as
 * it is, unless another device or runtime is asked for: then a new one takes its place.
 *
 * @throws OnnxBackendError RUNTIME_MISSING if onnxruntime-node cannot be loaded, the device cannot be used (the message says
 *   what is not there), or tensors are left on the backend that should be replaced.
 */
export async function useOnnxBackend(options: OnnxBackendOptions = {}): Promise<OnnxBackend> {
  const { device, runtime, ...rest } = options
  const registered = tf.findBackend(backendName) as OnnxBackend | null
  const chosen = runtime ?? (await nodeRuntime(device ?? registered?.device ?? 'cpu', registered))
  if (chosen !== registered?.runtime) {
    if (registered !== null) remove(registered)
    else {
      registerKernels(backendName)
      registerGradients()
    }
    tf.registerBackend(backendName, () => new OnnxBackend({ ...rest, runtime: chosen }))
  }
  await tf.setBackend(backendName)
  await tf.ready()
  return tf.backend() as OnnxBackend
}

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

/** onnxruntime-node on the device; the running one if it is on that device already. */
async function nodeRuntime(device: Device | 'auto', running: OnnxBackend | null): Promise<Runtime> {
  if (running !== null && running.device === device) return running.runtime
  const { onnxruntimeOn } = await loadNodeRuntime()
  const { automatic, checkDevice } = await import('./runtime/node-device.ts')
  const found = device === 'auto' ? automatic(onnxruntimeOn) : onnxruntimeOn(device)
  if (running !== null && running.device === found.device) return running.runtime
  checkDevice(found)
  return found
}

async function loadNodeRuntime() {
  try {
    return await import('./runtime/onnxruntime-node.ts')
  } catch (cause) {
    throw new OnnxBackendError('RUNTIME_MISSING', 'onnxruntime-node could not be loaded', {
      hint: 'npm i onnxruntime-node@1.30.0 (linux, macOS and Windows on x64 and arm64)',
      cause,
    })
  }
}
