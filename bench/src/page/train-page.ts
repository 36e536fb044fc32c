/** The benchmark's page: a training step of the quick start's networks, on noise instead of digits, which is the same work. */

import { normals } from '@mixflow/core'
import { onnxruntimeWeb, registerGradients, useOnnxBackend } from '@mixflow/tfjs-onnx'
import {
  batches,
  type Dataset,
  firstBatch,
  initialState,
  ParameterVector,
  registerFilterGradient,
  trainingModel,
  trainStep,
} from '@mixflow/train/step'
import { presets } from '@mixflow/zoo'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-web/wasm'

export type Side = 'onnx' | 'wasm'

export interface StepResult {
  readonly images: number
  readonly result: readonly [loss: number, gradientNorm: number]
}

ort.env.wasm.wasmPaths = '/ort/'
ort.env.wasm.numThreads = 1
setWasmPaths('/tfjs-wasm/')
tf.enableProdMode()

const config = { ...presets.quickstart.config, warmupImages: 0 }
const image = { channels: 1, height: 28, width: 28 }
const pixels = image.channels * image.height * image.width

const noise: Pick<Dataset, 'count' | 'batch'> = {
  count: 10_000,
  batch: indices => ({
    images: normals({ seed: 1, stream: 'probe', images: indices.length, elementsPerImage: pixels }),
    labels: Int32Array.from(indices, i => i % 10),
  }),
}

const start = {
  onnx: async () => void (await useOnnxBackend({ runtime: await onnxruntimeWeb(ort, { device: 'cpu' }) })),
  wasm: async () => {
    registerGradients()
    registerFilterGradient('wasm')
    await tf.setBackend('wasm')
  },
} satisfies Record<Side, () => Promise<void>>

async function stepper(side: Side) {
  await start[side]()
  const model = trainingModel(config, { image, labels: { count: 10 } })
  const vector = new ParameterVector(model.parameters)
  const step = trainStep(model, vector)
  const batchAt = batches(model, noise as Dataset)
  let state = initialState(vector, config.seed)
  let cursor = firstBatch
  let steps = 0
  return async (): Promise<StepResult> => {
    await tf.setBackend(side)
    const batch = batchAt(cursor)
    const imagesSeen = steps * config.batchSize
    const { state: next, metrics } = await step.run(state, batch, { step: ++steps, imagesSeen })
    tf.dispose({ ...state })
    state = next
    cursor = batch.next
    return { images: config.batchSize, result: [metrics.loss, metrics.gradientNorm] }
  }
}

const steppers = new Map<Side, ReturnType<typeof stepper>>()

async function step(side: Side): Promise<StepResult> {
  if (!steppers.has(side)) steppers.set(side, stepper(side))
  return (await (steppers.get(side) as ReturnType<typeof stepper>))()
}

export const mixflowPage = { step }
Object.assign(globalThis, { mixflowPage })
