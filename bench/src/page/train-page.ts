/** The benchmark's page: a training step of the quick start's networks, on noise instead of digits, which is the same work. */

import { normals } from '@mixflow/core'
import { onnxruntimeWeb, registerGradients, useOnnxBackend } from '@mixflow/tfjs-onnx'
import { type Dataset, registerFilterGradient } from '@mixflow/train/step'
import { presets } from '@mixflow/zoo'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-web/wasm'
import { stepper } from '../stepper.ts'

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

async function opened(side: Side): Promise<() => Promise<StepResult>> {
  await start[side]()
  const step = stepper(config, { image, labels: { count: 10 } }, noise as Dataset)
  return async () => {
    await tf.setBackend(side)
    return { images: config.batchSize, result: await step() }
  }
}

const steppers = new Map<Side, ReturnType<typeof opened>>()

async function step(side: Side): Promise<StepResult> {
  if (!steppers.has(side)) steppers.set(side, opened(side))
  return (await (steppers.get(side) as ReturnType<typeof opened>))()
}

export const mixflowPage = { step }
Object.assign(globalThis, { mixflowPage })
