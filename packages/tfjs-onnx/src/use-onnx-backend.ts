/** Makes the recording backend tfjs's current one. */

import * as tf from '@tensorflow/tfjs-core'
import { OnnxBackend } from './backend.ts'
import { OnnxBackendError } from './errors.ts'
import { registerGradients } from './gradients.ts'
import { registerKernels } from './kernels/register.ts'
import type { Runtime } from './runtime/runtime.ts'

export const backendName = 'onnx'

export interface OnnxBackendOptions {
  /** Where graphs run. Only the CPU so far. */
  readonly device?: 'cpu'
  /** Threads inside one operator; unset: as many as there are physical cores. */
  readonly threads?: number
  /** How many different graphs stay built (default 64). */
  readonly sessions?: number
  /** Another ONNX runtime than onnxruntime-node. */
  readonly runtime?: Runtime
}

/**
 * Registers the backend if it is not yet, makes it tfjs's current one, and returns it.
 *
 * @throws OnnxBackendError RUNTIME_MISSING if onnxruntime-node cannot be loaded or the device is not available.
 */
export async function useOnnxBackend(options: OnnxBackendOptions = {}): Promise<OnnxBackend> {
  const { device = 'cpu', runtime, ...rest } = options
  if (device !== 'cpu') {
    throw new OnnxBackendError('RUNTIME_MISSING', `the device "${device}" is not available`, {
      hint: 'use device: "cpu"',
    })
  }
  if (tf.findBackend(backendName) === null) {
    const chosen = runtime ?? (await loadNodeRuntime())
    registerKernels(backendName)
    registerGradients()
    tf.registerBackend(backendName, () => new OnnxBackend({ ...rest, runtime: chosen }))
  }
  await tf.setBackend(backendName)
  await tf.ready()
  return tf.backend() as OnnxBackend
}

async function loadNodeRuntime(): Promise<Runtime> {
  try {
    return (await import('./runtime/onnxruntime-node.ts')).onnxruntimeNode
  } catch (cause) {
    throw new OnnxBackendError('RUNTIME_MISSING', 'onnxruntime-node could not be loaded', {
      hint: 'npm i onnxruntime-node@1.30.0 (linux, macOS and Windows on x64 and arm64)',
      cause,
    })
  }
}
