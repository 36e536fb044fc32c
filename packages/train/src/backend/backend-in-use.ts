/** Which backend tfjs uses now, whoever chose it: for people, and for the record of a run. */

import { availableParallelism } from 'node:os'
import { backendName as onnx } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { nativeFacts } from './tfjs-node/load-tfjs-node.ts'

export interface BackendInUse {
  /** As `useBackend` knows it; another one by the name that it registered. */
  readonly backend: string
  /** Of `onnx`: where it runs. */
  readonly device?: string
  /** For people: `CPU, 2 cores (onnx)`. */
  readonly text: string
}

export function backendInUse(): BackendInUse {
  const native = nativeFacts()
  const backend = native?.kind ?? tf.getBackend()
  const device = backend === onnx ? (tf.backend() as unknown as { readonly device: string }).device : undefined
  const cpu = `CPU, ${availableParallelism()} cores`
  const where = { cuda: 'GPU by CUDA', webgpu: 'GPU by WebGPU' }[device ?? ''] ?? (native?.gpu ? 'GPU' : cpu)
  const what = native === null ? backend : `${backend}, TensorFlow ${native.tensorflow}`
  return { backend, ...(device === undefined ? {} : { device }), text: `${where} (${what})` }
}
