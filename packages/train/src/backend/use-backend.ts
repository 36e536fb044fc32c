/**
 * What trains: our own backend, or one of TensorFlow's. All run the same networks and step; `onnx` as whole graphs, the others
 * operator by operator. They agree to rounding, so a run may go on with another one than it began with.
 *
 * `auto` takes native TensorFlow on a GPU where somebody set that up, else onnx. Neither a CPU's tfjs-node nor wasm is ever
 * chosen for you: onnx is faster than both.
 */

import { checkKeys, checkWord, MixflowError } from '@mixflow/core'
import { registerGradients, useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { type BackendInUse, backendInUse } from './backend-in-use.ts'
import { isInstalled, loadTfjsNode } from './tfjs-node/load-tfjs-node.ts'
import { loadWasm } from './wasm/load-wasm.ts'

export const backendNames = ['onnx', 'tfjs-node', 'tfjs-node-gpu', 'wasm'] as const

export type BackendName = (typeof backendNames)[number]

export interface BackendOptions {
  readonly backend?: BackendName | 'auto'
  /** Threads of the onnx backend; as many as there are cores unless given. */
  readonly threads?: number | undefined
}

export interface UsedBackend extends BackendInUse {
  /** Why `auto` did not take what was there for it to take. */
  readonly note?: string
}

/**
 * Makes a backend tfjs's current one.
 *
 * @throws MixflowError ARGUMENT_INVALID, PACKAGE_MISSING, DEVICE_UNAVAILABLE; OnnxBackendError RUNTIME_MISSING
 */
export async function useBackend(options: BackendOptions = {}): Promise<UsedBackend> {
  checkKeys(options as unknown, ['backend', 'threads'], { what: 'useBackend' })
  const { backend = 'auto', threads } = options
  const name = checkWord(backend, ['auto', ...backendNames], { what: 'backend' })
  if (threads !== undefined && name !== 'onnx' && name !== 'auto') {
    throw new MixflowError('ARGUMENT_INVALID', `threads cannot be set for the backend "${name}"`, {
      hint: 'leave them out: native TensorFlow uses all cores, wasm one; or use the backend "onnx"',
      details: { backend, threads },
    })
  }
  tf.enableProdMode() // no advice in the output
  if (name === 'auto') return automatic(threads)
  await start[name](threads)
  registerGradients()
  return backendInUse()
}

const start: Readonly<Record<BackendName, (threads: number | undefined) => Promise<unknown>>> = {
  onnx: threads => useOnnxBackend(threads === undefined ? {} : { threads }),
  'tfjs-node': () => loadTfjsNode('tfjs-node'),
  'tfjs-node-gpu': () => loadTfjsNode('tfjs-node-gpu'),
  wasm: loadWasm,
}

async function automatic(threads: number | undefined): Promise<UsedBackend> {
  const native = 'tfjs-node-gpu'
  if (threads !== undefined || !isInstalled(native)) return useBackend({ backend: 'onnx', threads })
  try {
    return await useBackend({ backend: native })
  } catch (error) {
    if (!MixflowError.is(error)) throw error
    return { ...(await useBackend({ backend: 'onnx' })), note: `not on ${native}: ${error.message}` }
  }
}
