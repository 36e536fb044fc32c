/** Which backend tfjs uses now, whoever chose it: for people, and for the record of a run. */

import { availableParallelism } from 'node:os'
import * as tf from '@tensorflow/tfjs-core'
import { nativeFacts } from './tfjs-node/load-tfjs-node.ts'

export interface BackendInUse {
  /** As `useBackend` knows it; another one by the name that it registered. */
  readonly backend: string
  /** For people: `CPU, 2 cores (onnx)`. */
  readonly text: string
}

export function backendInUse(): BackendInUse {
  const native = nativeFacts()
  const cpu = `CPU, ${availableParallelism()} cores`
  if (native === null) return { backend: tf.getBackend(), text: `${cpu} (${tf.getBackend()})` }
  const { kind, tensorflow, gpu } = native
  return { backend: kind, text: `${gpu ? 'GPU' : cpu} (${kind}, TensorFlow ${tensorflow})` }
}
