/** The training step of this package in a page: the losses of Node, on both devices, with the state left where it is computed. */

import { findChromium, type OpenPage, openPage } from '@mixflow/page'
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PageResult, PageRun } from '../fixtures/page.ts'
import { tinyConfig, tinyData } from '../fixtures/tiny-run.ts'
import {
  batches,
  firstBatch,
  initialState,
  ParameterVector,
  type TrainBatch,
  trainingModel,
  trainStep,
} from './index.ts'
import { dataFacts } from './training-model.ts'

interface InPage {
  readonly mixflowPage: { train(run: PageRun): Promise<PageResult> }
}

const executable = findChromium()
const config = tinyConfig({ warmupImages: 0, batchSize: 2 })
const data = tinyData()
const facts = dataFacts(data)

function someBatches(count: number): TrainBatch[] {
  const batchAt = batches(trainingModel(config, facts), data)
  const all: TrainBatch[] = []
  for (let cursor = firstBatch; all.length < count; ) {
    const { next, ...batch } = batchAt(cursor)
    all.push(batch)
    cursor = next
  }
  return all
}

const given = someBatches(2)

async function lossesInNode(): Promise<number[]> {
  await useOnnxBackend()
  const model = trainingModel(config, facts)
  const vector = new ParameterVector(model.parameters)
  const step = trainStep(model, vector)
  let state = initialState(vector, config.seed)
  const losses: number[] = []
  for (const [i, batch] of given.entries()) {
    const result = await step.run(state, batch, { step: i + 1, imagesSeen: i * config.batchSize })
    tf.dispose({ ...state })
    state = result.state
    losses.push(result.metrics.loss)
  }
  tf.dispose({ ...state })
  step.dispose()
  return losses
}

describe.skipIf(executable === null)('the training step in a page', () => {
  let open: OpenPage
  beforeAll(async () => {
    open = await openPage(executable as string, new URL('../fixtures/page.ts', import.meta.url))
  })
  afterAll(() => open?.[Symbol.asyncDispose]())

  it('brings nothing of Node along', () => {
    expect(open.modules.filter(name => /node:|onnxruntime-node|run-folder|sharp/.test(name))).toEqual([])
  })

  it.each(['cpu', 'webgpu'] as const)('gives the losses of Node on %s', async device => {
    const expected = await lossesInNode()
    const run = { device, config, facts, batches: given }
    // the browser is given plain text: typed arrays do not pass
    const text = JSON.stringify(run, (_, value) =>
      ArrayBuffer.isView(value) ? { [value.constructor.name]: [...(value as Float32Array)] } : value,
    )
    const result = await open.page.evaluate(json => {
      const types = { Float32Array, Int32Array, Uint8Array }
      const revive = (_: string, value: unknown) => {
        const [entry] = typeof value === 'object' && value !== null ? Object.entries(value) : []
        const type = entry && types[entry[0] as keyof typeof types]
        return type === undefined ? value : type.from(entry?.[1] as number[])
      }
      return (globalThis as unknown as InPage).mixflowPage.train(JSON.parse(json, revive))
    }, text)
    expect(result.losses.length).toBe(2)
    expected.forEach((loss, i) => void expect((result.losses[i] as number) / loss).toBeCloseTo(1, 4))
    expect(new Set(result.tensors).size).toBe(1)
    // a step copies losses and the gradient's norm from the GPU, and no parameter
    expect(result.copies).toEqual(device === 'cpu' ? [0, 0] : [2, 2])
  })
})
