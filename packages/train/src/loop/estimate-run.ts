/**
 * Estimates the time and memory of a run by measuring: some real steps on the real data, in two rounds, and one sample grid.
 * Nothing is written. Other programs may share the machine, so the fastest step counts, and the estimate tells whether the machine
 * was busy. Memory is the peak of this process, data set and runtime included.
 */

import { availableParallelism, loadavg } from 'node:os'
import { throwIfAborted } from '@mixflow/core/internal'
import type { TrainingConfig } from '@mixflow/zoo'
import * as tf from '@tensorflow/tfjs-core'
import { firstBatch } from '../data/batch-order.ts'
import type { Dataset } from '../data/dataset.ts'
import { tensorSampler } from '../step/tensor-sampler.ts'
import { batches } from '../step/train-batch.ts'
import { initialState, ParameterVector } from '../step/train-state.ts'
import { trainStep } from '../step/train-step.ts'
import { dataFacts, parameterCounts, trainingModel } from '../step/training-model.ts'
import { sampleGrid } from './sample-grid.ts'

export interface EstimateOptions {
  readonly config: TrainingConfig
  readonly data: Dataset
  /** Images seen before. Default: 0. */
  readonly startImages?: number
  /** Ends the measurement after the current step. */
  readonly signal?: AbortSignal | undefined
}

export interface RunEstimate {
  readonly parameters: { readonly denoiser: number; readonly encoder: number }
  /** Of the fastest step. */
  readonly imagesPerSecond: number
  /** In both rounds together. */
  readonly measuredSteps: number
  /** Images per second of the fastest step of each round. */
  readonly rounds: readonly number[]
  /** Other programs used much of the machine: alone, the run would be faster. */
  readonly busy: boolean
  /** Extra time of the first steps, which build the graph. */
  readonly buildSeconds: number
  readonly gridSeconds: number
  /** Until the end of the run, sample grids included. */
  readonly totalSeconds: number
  readonly peakMemoryBytes: number
}

/** Of a round: maximum steps, and seconds after which no step begins. A round has at least two steps, as the first builds the graph. */
const limits = { steps: 4, seconds: 30 }

/** A machine is busy from this load per core before the measurement, or from this ratio of the rounds' fastest steps. */
const busyFrom = { load: 0.5, spread: 1.25 }

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

/** @throws MixflowError ARGUMENT_INVALID for networks that do not fit the data, ABORTED */
export async function estimateRun(options: EstimateOptions): Promise<RunEstimate> {
  const { config, data, startImages = 0, signal } = options
  const model = trainingModel(config, dataFacts(data))
  const vector = new ParameterVector(model.parameters)
  const step = trainStep(model, vector)
  const sampler = tensorSampler(model, vector)
  const load = (loadavg()[0] as number) / availableParallelism()
  let state = initialState(vector, config.seed)
  try {
    const batchAt = batches(model, data)
    let cursor = firstBatch
    let steps = 0
    const round = async (): Promise<number[]> => {
      const seconds: number[] = []
      for (let i = 0; i < limits.steps && (i < 2 || sumOf(seconds) < limits.seconds); i++) {
        throwIfAborted(signal)
        const started = performance.now()
        const batch = batchAt(cursor)
        const result = await step.run(state, batch, {
          step: ++steps,
          imagesSeen: (steps - 1) * config.batchSize,
          overwrite: true,
        })
        tf.dispose({ ...state })
        state = result.state
        cursor = batch.next
        seconds.push((performance.now() - started) / 1000)
        await new Promise(resolve => setImmediate(resolve)) // let signals be handled
      }
      return seconds
    }
    const first = await round()
    const started = performance.now()
    await sampleGrid(model, sampler, { parameters: state.ema, signal })
    const gridSeconds = (performance.now() - started) / 1000
    const rounds = [first, await round()].map(seconds => Math.min(...seconds))
    const fastest = Math.min(...rounds)
    const buildSeconds = Math.max(0, sumOf(first) - (rounds[0] as number) * first.length)

    const imagesPerSecond = config.batchSize / fastest
    const left = Math.max(0, config.totalImages - startImages)
    return {
      parameters: parameterCounts(model),
      imagesPerSecond,
      measuredSteps: steps,
      rounds: rounds.map(seconds => config.batchSize / seconds),
      busy: load > busyFrom.load || Math.max(...rounds) > busyFrom.spread * fastest,
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
