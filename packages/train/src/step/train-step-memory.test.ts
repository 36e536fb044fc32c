/** A thousand steps hold no more memory than the first ones: no tensors, arrays or sessions are left behind. */

import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { firstBatch } from '../data/batch-order.ts'
import { tinyConfig, tinyData } from '../fixtures/tiny-run.ts'
import { batches } from './train-batch.ts'
import { initialState, ParameterVector } from './train-state.ts'
import { trainStep } from './train-step.ts'
import { dataFacts, trainingModel } from './training-model.ts'

/** Bytes that a thousand steps may add: a tenth of what they would, if each left its state behind. */
const allowance = 20e6

it('a thousand steps', async () => {
  const backend = await useOnnxBackend({ threads: 1 })
  const config = tinyConfig({ batchSize: 2 })
  const data = tinyData()
  const model = trainingModel(config, dataFacts(data))
  const vector = new ParameterVector(model.parameters)
  const step = trainStep(model, vector)
  const batchAt = batches(model, data)
  let state = initialState(vector, config.seed)
  let cursor = firstBatch
  let done = 0
  const steps = async (count: number) => {
    for (const end = done + count; done < end; ) {
      const batch = batchAt(cursor)
      const { state: next } = await step.run(state, batch, { step: ++done, imagesSeen: done })
      tf.dispose({ ...state })
      state = next
      cursor = batch.next
    }
    return { tensors: tf.memory().numTensors, builds: backend.statistics.builds, bytes: process.memoryUsage().rss }
  }

  // JavaScript's heap takes some hundred steps to find its size
  const early = await steps(600)
  const late = await steps(1000)
  expect(4 * 4 * vector.length * 1000).toBeGreaterThan(10 * allowance)
  expect(late.tensors).toBe(early.tensors)
  expect(late.builds).toBe(early.builds)
  expect(late.bytes - early.bytes).toBeLessThan(allowance)
  step.dispose()
})
