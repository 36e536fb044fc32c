/** Backends by name: those of training, and tfjs's plain JavaScript backend. In Node, `wasm` runs on one thread. */

import { type BackendName as TrainBackendName, useBackend } from '@mixflow/train'
import * as tf from '@tensorflow/tfjs-core'

export type BackendName = TrainBackendName | 'cpu'

/** Makes the backend the current one of tfjs. */
export async function onBackend(name: BackendName): Promise<void> {
  if (name !== 'cpu') return void (await useBackend({ backend: name }))
  await import('@tensorflow/tfjs-backend-cpu')
  tf.enableProdMode()
  await tf.setBackend(name)
}
