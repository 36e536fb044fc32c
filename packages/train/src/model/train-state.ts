/** The state of a run between steps, made anew or from a checkpoint, and back into named tensors. */

import { MixflowError } from '@mixflow/core'
import { float32Values, type StoredTensor } from '@mixflow/core/internal'
import * as tf from '@tensorflow/tfjs-core'
import type { LoadedCheckpoint, NamedTensors } from '../checkpoint/checkpoint-store.ts'
import type { TrainState } from '../step/train-step.ts'
import type { ParameterVector } from './parameter-vector.ts'

/** Parameters as the seed draws them, their average the same, and an optimizer that has seen nothing. */
export function initialState(vector: ParameterVector, seed: number): TrainState {
  const start = vector.initial(seed)
  return {
    parameters: tf.tensor1d(start),
    ema: tf.tensor1d(start),
    firstMoment: tf.zeros([vector.length]),
    secondMoment: tf.zeros([vector.length]),
  }
}

/**
 * @throws MixflowError TRAIN_RESUME_MISMATCH for a checkpoint that has weights but no state of training, as imported ones;
 *   CHECKPOINT_INVALID if the tensors are not those of the network.
 */
export function restoredState(vector: ParameterVector, { tensors, folder }: LoadedCheckpoint): TrainState {
  const absent = (['weights', 'ema', 'optimizer'] as const).find(role => tensors[role].size === 0)
  if (absent !== undefined) {
    throw new MixflowError('TRAIN_RESUME_MISMATCH', `training cannot go on from ${folder}: it has no ${absent}`, {
      hint: 'an imported checkpoint holds weights alone: it can be exported, sampled and evaluated',
      details: { folder, absent },
    })
  }
  return {
    parameters: joined(vector, tensors.weights),
    ema: joined(vector, tensors.ema),
    firstMoment: joined(vector, tensors.optimizer, 'firstMoment.'),
    secondMoment: joined(vector, tensors.optimizer, 'secondMoment.'),
  }
}

/**
 * What sampling uses of a checkpoint: the moving average where it has one, else the weights.
 *
 * @throws MixflowError CHECKPOINT_INVALID if the tensors are not those of the network.
 */
export const sampledWeights = (vector: ParameterVector, { tensors }: LoadedCheckpoint): tf.Tensor =>
  joined(vector, tensors.ema.size > 0 ? tensors.ema : tensors.weights)

function joined(vector: ParameterVector, stored: ReadonlyMap<string, StoredTensor>, prefix = ''): tf.Tensor {
  const own = [...stored].filter(([name]) => name.startsWith(prefix))
  const values = own.map(([name, tensor]) => [name.slice(prefix.length), float32Values(tensor)] as const)
  return tf.tensor1d(vector.join(new Map(values)))
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
