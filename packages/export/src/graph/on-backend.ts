/**
 * The two tfjs backends of an export. `onnx` traces a network to a graph. `wasm` computes the reference outputs: its kernels
 * share no code with ONNX Runtime, and are ten times as fast as tfjs's JavaScript kernels, which would take minutes for networks
 * of the paper's size.
 *
 * tfjs has one current backend per process, so it is changed for a synchronous call only, and then restored.
 */

import { MixflowError } from '@mixflow/core'
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'

const load = { onnx: useOnnxBackend, wasm: loadWasm } satisfies Record<string, () => Promise<unknown>>

export type BackendName = keyof typeof load

const loading = new Map<BackendName, Promise<unknown>>()

/** Runs a synchronous function with a backend as the current one. */
export async function onBackend<T>(name: BackendName, f: () => T): Promise<T> {
  const before: string | undefined = tf.getBackend()
  await loaded(name)
  // for a loaded backend, setBackend takes effect synchronously
  void tf.setBackend(name)
  try {
    return f()
  } finally {
    if (before !== undefined) void tf.setBackend(before)
  }
}

function loaded(name: BackendName): Promise<unknown> {
  const running = loading.get(name) ?? load[name]()
  loading.set(name, running)
  return running.catch(error => {
    loading.delete(name)
    throw error
  })
}

async function loadWasm(): Promise<void> {
  // importing registers the backend, and selects it if none was selected: so it is imported only when needed
  await import('@tensorflow/tfjs-backend-wasm')
  if (await tf.setBackend('wasm')) return
  throw new MixflowError('DEVICE_UNAVAILABLE', 'the WebAssembly backend of TensorFlow.js cannot be started', {
    hint: 'run Node without --jitless: exports are compared with this backend, which needs WebAssembly',
    details: { backend: 'wasm' },
  })
}
