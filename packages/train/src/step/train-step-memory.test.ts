/** A thousand steps need no more memory than the first ones: no tensors, arrays or sessions leak. */

import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { tinyConfig, tinyData } from '../fixtures/tiny-run.ts'
import { trainSteps } from '../fixtures/train-steps.ts'

/** Bytes that a thousand steps may add: a tenth of what they would add if each leaked its state. */
const allowance = 20e6

it('a thousand steps', async () => {
  const backend = await useOnnxBackend({ threads: 1 })
  const memory = () => ({
    tensors: tf.memory().numTensors,
    builds: backend.statistics.builds,
    bytes: process.memoryUsage().rss,
  })
  // the JavaScript heap takes some hundred steps to reach its size
  let early = memory()
  let late = memory()
  const { vector } = await trainSteps(tinyConfig({ batchSize: 2 }), tinyData(), {
    count: 1600,
    onStep: step => {
      if (step === 600) early = memory()
      if (step === 1600) late = memory()
    },
  })
  expect(4 * 4 * vector.length * 1000).toBeGreaterThan(10 * allowance)
  expect(late.tensors).toBe(early.tensors)
  expect(late.builds).toBe(early.builds)
  expect(late.bytes - early.bytes).toBeLessThan(allowance)
})
