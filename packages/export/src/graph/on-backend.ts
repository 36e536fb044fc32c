/**
 * The two tfjs backends of an export. `onnx` records a network and writes its graph. `wasm` computes what the graph must
 * give: kernels of its own, sharing nothing with ONNX Runtime, and an order of magnitude faster than tfjs's plain
 * JavaScript ones, which would need minutes for networks of the paper's size.
 *
 * tfjs has one current backend per process: it is changed for a synchronous stretch only, and then put back.
 */

import { MixflowError } from '@mixflow/core'
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'

const load = { onnx: useOnnxBackend, wasm: loadWasm } satisfies Record<string, () => Promise<unknown>>

export type BackendName = keyof typeof load

const loading = new Map<BackendName, Promise<unknown>>()

/** Runs `f`, which must not return a promise, with this backend current. */
export async function onBackend<T>(name: BackendName, f: () => T): Promise<T> {
  const before: string | undefined = tf.getBackend()
  await loaded(name)
  // once a backend is there, setBackend is done when it returns: nobody comes in between
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
  // importing registers it, and makes it the default where no backend was chosen yet: not before it is needed
  await import('@tensorflow/tfjs-backend-wasm')
  if (await tf.setBackend('wasm')) return
  throw new MixflowError('DEVICE_UNAVAILABLE', 'the WebAssembly backend of TensorFlow.js cannot be started here', {
    hint: 'exports are checked against it: use a Node with WebAssembly (not --jitless)',
    details: { backend: 'wasm' },
  })
}
