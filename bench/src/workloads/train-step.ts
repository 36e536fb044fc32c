/**
 * A training step of the quick start: its networks and a batch of its digits with all random draws, forward, backward, clipping, Adam and
 * EMA. Ours is compiled to ONNX graphs; the peers are tfjs's backends, which run the same code kernel by kernel.
 */

import {
  batches,
  dataFacts,
  firstBatch,
  initialState,
  openData,
  ParameterVector,
  resolveConfig,
  trainingModel,
  trainStep,
} from '@mixflow/train'
import * as tf from '@tensorflow/tfjs-core'
import type { Comparison } from '../compare.ts'
import type { Work } from '../measure.ts'
import { type BackendName, onBackend } from '../tfjs-backends.ts'

/** Without warm-up: at tiny learning rates all backends agree trivially. */
const noWarmup = 'warmupImages=0'

async function stepper(backend: BackendName, set: readonly string[] = []): Promise<Work> {
  const { config } = resolveConfig({ preset: 'quickstart', set: [noWarmup, ...set] })
  const data = await openData(config.data)
  await onBackend(backend)
  const model = trainingModel(config, dataFacts(data))
  const vector = new ParameterVector(model.parameters)
  const step = trainStep(model, vector)
  const batchAt = batches(model, data)
  let state = initialState(vector, config.seed)
  let cursor = firstBatch
  let steps = 0
  return async () => {
    await onBackend(backend)
    const batch = batchAt(cursor)
    const imagesSeen = steps * config.batchSize
    const { state: next, metrics } = await step.run(state, batch, { step: ++steps, imagesSeen })
    tf.dispose({ ...state })
    state = next
    cursor = batch.next
    return { amount: config.batchSize, result: () => [metrics.loss, metrics.gradientNorm] }
  }
}

const workload = 'train-step'
const unit = 'images'

/** Plain JavaScript takes seconds per image, for any batch size. */
const oneByOne = ['batchSize=1']

export const trainStepping = (): readonly Comparison[] => [
  { workload, peer: 'tfjs-wasm', unit, ours: () => stepper('onnx'), theirs: () => stepper('wasm'), tolerance: 1e-3 },
  // requires `mixflow setup tensorflow`
  {
    workload,
    peer: 'tfjs-node',
    unit,
    ours: () => stepper('onnx'),
    theirs: () => stepper('tfjs-node'),
    tolerance: 1e-3,
  },
  {
    workload,
    peer: 'tfjs-cpu',
    unit,
    ours: () => stepper('onnx'),
    theirs: () => stepper('cpu', oneByOne),
    pace: { warmUps: 1, seconds: 0, leastRounds: 2 },
  },
]
