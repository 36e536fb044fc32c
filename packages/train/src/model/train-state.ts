/** The state of a run between steps, made anew or from a checkpoint, and back into named tensors. */

import { float32Values, type StoredTensor } from '@mixflow/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LoadedCheckpoint, NamedTensors } from '../checkpoint/checkpoint-store.ts'
import type { TrainState } from '../step/train-step.ts'
import type { ParameterVector } from './parameter-vector.ts'

export function initialState(vector: ParameterVector, seed: number): TrainState {
  const start = vector.initial(seed)
  return {
    parameters: tf.tensor1d(start),
    ema: tf.tensor1d(start),
    firstMoment: tf.zeros([vector.length]),
    secondMoment: tf.zeros([vector.length]),
  }
}

/** @throws MixflowError CHECKPOINT_INVALID if the tensors are not those of the network. */
export function restoredState(vector: ParameterVector, { tensors }: LoadedCheckpoint): TrainState {
  const joined = (stored: ReadonlyMap<string, StoredTensor>, prefix = '') => {
    const own = [...stored].filter(([name]) => name.startsWith(prefix))
    return tf.tensor1d(
      vector.join(new Map(own.map(([name, tensor]) => [name.slice(prefix.length), float32Values(tensor)]))),
    )
  }
  return {
    parameters: joined(tensors.weights),
    ema: joined(tensors.ema),
    firstMoment: joined(tensors.optimizer, 'firstMoment.'),
    secondMoment: joined(tensors.optimizer, 'secondMoment.'),
  }
}

/** What a checkpoint stores. */
export async function storedState(
  vector: ParameterVector,
  state: TrainState,
): Promise<{ weights: NamedTensors; ema: NamedTensors; optimizer: NamedTensors }> {
  const named = async (x: tf.Tensor) => vector.named((await x.data()) as Float32Array)
  const moments = [
    ['firstMoment', await named(state.firstMoment)],
    ['secondMoment', await named(state.secondMoment)],
  ] as const
  return {
    weights: await named(state.parameters),
    ema: await named(state.ema),
    optimizer: new Map(
      moments.flatMap(([moment, tensors]) => [...tensors].map(([name, x]) => [`${moment}.${name}`, x] as const)),
    ),
  }
}
