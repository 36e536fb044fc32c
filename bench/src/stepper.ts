/** Training steps one after the other, in Node or in a page. */

import {
  batches,
  type DataFacts,
  type Dataset,
  firstBatch,
  initialState,
  ParameterVector,
  trainingModel,
  trainStep,
} from '@mixflow/train/step'
import type { TrainingConfig } from '@mixflow/zoo'
import * as tf from '@tensorflow/tfjs-core'

/** Returns a function that does the next step on the current backend, and returns its loss and gradient norm. */
export function stepper(config: TrainingConfig, facts: DataFacts, data: Dataset) {
  const model = trainingModel(config, facts)
  const vector = new ParameterVector(model.parameters)
  const step = trainStep(model, vector)
  const batchAt = batches(model, data)
  let state = initialState(vector, config.seed)
  let cursor = firstBatch
  let steps = 0
  return async (): Promise<readonly [loss: number, gradientNorm: number]> => {
    const batch = batchAt(cursor)
    const imagesSeen = steps * config.batchSize
    const { state: next, metrics } = await step.run(state, batch, { step: ++steps, imagesSeen })
    tf.dispose({ ...state })
    state = next
    cursor = batch.next
    return [metrics.loss, metrics.gradientNorm]
  }
}
