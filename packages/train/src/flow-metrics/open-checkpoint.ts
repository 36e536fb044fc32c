/** Opens a checkpoint by its folder or by that of its run. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MixflowError, type SampleBackend, type SamplerModel } from '@mixflow/core'
import { checkpointFileName } from '@mixflow/core/internal'
import { type LoadedCheckpoint, latestCheckpoint, readCheckpoint } from '../checkpoint/checkpoint-store.ts'
import { storedConfig } from '../config/resolve-config.ts'
import { tensorSampler } from '../step/tensor-sampler.ts'
import { ParameterVector, samplingParameters } from '../step/train-state.ts'
import { type TrainingModel, trainingModel } from '../step/training-model.ts'

/**
 * The checkpoint in a folder, or the newest one of the run in it.
 *
 * @throws MixflowError CHECKPOINT_NOT_FOUND, CHECKPOINT_INVALID, SAFETENSORS_INVALID
 */
export async function openCheckpoint(path: string): Promise<LoadedCheckpoint> {
  if (existsSync(join(path, checkpointFileName))) return readCheckpoint(path)
  const latest = await latestCheckpoint(path)
  if (latest !== null) return latest
  throw new MixflowError('CHECKPOINT_NOT_FOUND', `there is no run with a checkpoint at ${path}, and no checkpoint`, {
    hint: 'use the folder of a run, such as runs/mnist, or one of the folders in its checkpoints/',
    details: { path },
  })
}

/** The networks of a checkpoint on the current tfjs backend, with the moving average as parameters if there is one. */
export interface CheckpointNetworks {
  readonly model: SamplerModel
  readonly trained: TrainingModel
  readonly backend: SampleBackend<Float32Array>
  dispose(): void
}

/** @throws MixflowError CONFIG_* or CHECKPOINT_INVALID where configuration, networks and tensors do not fit each other. */
export function checkpointNetworks(checkpoint: LoadedCheckpoint): CheckpointNetworks {
  const { config, image, labels } = checkpoint.record
  const trained = trainingModel(storedConfig(config), { image, labels })
  const vector = new ParameterVector(trained.parameters)
  const parameters = samplingParameters(vector, checkpoint)
  const sampler = tensorSampler(trained, vector)
  return {
    model: trained.sampler,
    trained,
    backend: sampler.backend(parameters),
    dispose() {
      sampler.dispose()
      parameters.dispose()
    },
  }
}
