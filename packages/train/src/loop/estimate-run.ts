/**
 * What a run would cost, measured: the real step on the real data, a few times, and one sample grid. Nothing is written and
 * the run itself is not begun. Memory is the process's peak so far, data set and runtime included.
 */

import { throwIfAborted } from '@mixflow/core'
import type { TrainingConfig } from '@mixflow/zoo'
import * as tf from '@tensorflow/tfjs-core'
import { firstBatch } from '../data/batch-order.ts'
import type { Dataset } from '../data/dataset.ts'
import { ParameterVector } from '../model/parameter-vector.ts'
import { tensorSampler } from '../model/tensor-sampler.ts'
import { initialState } from '../model/train-state.ts'
import { dataFacts, parameterCounts, trainingModel } from '../model/training-model.ts'
import { trainStep } from '../step/train-step.ts'
import { batches } from './next-batch.ts'
import { sampleGrid } from './pictures.ts'

export interface EstimateOptions {
  readonly config: TrainingConfig
  readonly data: Dataset
  /** Images that were seen before; 0 unless said. */
  readonly startImages?: number
  /** Ends the measurement after the step. */
  readonly signal?: AbortSignal | undefined
}

export interface RunEstimate {
  readonly parameters: { readonly denoiser: number; readonly encoder: number }
  /** Of the fastest of a few steps: others may share the machine. */
  readonly imagesPerSecond: number
  readonly measuredSteps: number
  /** What the first steps took longer, as they built the graph. */
  readonly buildSeconds: number
  readonly gridSeconds: number
  /** Until the end of the run, sample grids included. */
  readonly totalSeconds: number
  readonly peakMemoryBytes: number
}

/** At most so many steps, and none begun after so many seconds; two in any case, as the first builds the graph. */
const limits = { steps: 5, seconds: 60 }

/** @throws MixflowError ARGUMENT_INVALID for networks that do not fit the data, ABORTED */
export async function estimateRun(options: EstimateOptions): Promise<RunEstimate> {
  const { config, data, startImages = 0, signal } = options
  const model = trainingModel(config, dataFacts(data))
  const vector = new ParameterVector(model.parameters)
  const step = trainStep(model, vector)
  const sampler = tensorSampler(model, vector)
  let state = initialState(vector, config.seed)
  try {
    const batchAt = batches(model, data)
    const seconds: number[] = []
    let cursor = firstBatch
    const sum = () => seconds.reduce((total, time) => total + time, 0)
    for (let i = 0; i < limits.steps && (i < 2 || sum() < limits.seconds); i++) {
      throwIfAborted(signal)
      const started = performance.now()
      const batch = batchAt(cursor)
      const result = await step.run(state, batch, { step: i + 1, imagesSeen: i * config.batchSize })
      tf.dispose({ ...state })
      state = result.state
      cursor = batch.next
      seconds.push((performance.now() - started) / 1000)
      await new Promise(resolve => setImmediate(resolve)) // signals have their turn
    }
    const fastest = Math.min(...seconds)
    const buildSeconds = sum() - fastest * seconds.length
    const started = performance.now()
    await sampleGrid(model, sampler, { parameters: state.ema, signal })
    const gridSeconds = (performance.now() - started) / 1000

    const imagesPerSecond = config.batchSize / fastest
    const left = Math.max(0, config.totalImages - startImages)
    return {
      parameters: parameterCounts(model),
      imagesPerSecond,
      measuredSteps: seconds.length,
      buildSeconds,
      gridSeconds,
      totalSeconds: buildSeconds + left / imagesPerSecond + gridSeconds * Math.ceil(left / config.sampleEveryImages),
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    }
  } finally {
    tf.dispose({ ...state })
    step.dispose()
    sampler.dispose()
  }
}
