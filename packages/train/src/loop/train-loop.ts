/**
 * The training loop: batch, step, log, sample, checkpoint, and at the end the report. (The moving average is part of the
 * step.) It can be ended at any moment: an abort signal ends it after the running step with a checkpoint, a kill loses what
 * came after the last checkpoint, and `resume` continues either bit for bit.
 */

import { MixflowError } from '@mixflow/core'
import * as tf from '@tensorflow/tfjs-core'
import { backendInUse } from '../backend/backend-in-use.ts'
import { ParameterVector } from '../model/parameter-vector.ts'
import { tensorSampler } from '../model/tensor-sampler.ts'
import { dataFacts, trainingModel } from '../model/training-model.ts'
import { type StepMetrics, type StepResult, trainStep } from '../step/train-step.ts'
import { beginRun } from './begin-run.ts'
import { batches, type PlacedBatch } from './next-batch.ts'
import type { Position, Run, TrainOptions } from './run.ts'
import { appendMetrics, runFiles } from './run-folder.ts'
import { lockRun } from './run-lock.ts'
import { saveCheckpoint, saveReport, saveSamples } from './save-run.ts'

export interface TrainResult {
  readonly outcome: 'finished' | 'interrupted'
  readonly step: number
  readonly imagesSeen: number
  /** Of training, earlier sessions of a resumed run included. */
  readonly seconds: number
  /** Smoothed; null before the first step. */
  readonly loss: number | null
  /** Folder of the last checkpoint. */
  readonly checkpoint: string
  /** Path of the report. */
  readonly report: string
}

/**
 * Trains, or goes on training, until `config.totalImages` images were seen.
 *
 * @throws MixflowError TRAIN_RESUME_MISMATCH, CHECKPOINT_INVALID when resuming what does not fit; TRAIN_BUSY; TRAIN_DIVERGED if the loss
 *   is no finite number any more: the last checkpoint stays as it is; OUTPUT_DISK.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const model = trainingModel(options.config, dataFacts(options.data))
  const vector = new ParameterVector(model.parameters)
  const run: Run = {
    options,
    model,
    vector,
    sampler: tensorSampler(model, vector),
    emit: options.onEvent ?? (() => {}),
  }
  let position: Position | undefined
  let unlock: (() => Promise<void>) | undefined
  try {
    unlock = await lockRun(options)
    position = await beginRun(run)
    return await finish(run, position, await loop(run, position))
  } catch (error) {
    if (position !== undefined) await fail(run, position, error)
    throw error
  } finally {
    await unlock?.()
    tf.dispose({ ...position?.state })
    run.sampler.dispose()
  }
}

/** Goes on from the position until the end or an abort. Returns the folder of the last checkpoint. */
async function loop(run: Run, position: Position): Promise<string> {
  const { config, data, folder, preset, signal } = run.options
  const step = trainStep(run.model, run.vector)
  const batchAt = batches(run.model, data)
  const speed = speedometer(config.batchSize)
  run.emit({
    type: 'start',
    title: `${preset ?? data.name}: ${data.count} images of ${data.name}, into ${folder}`,
    totalImages: config.totalImages,
    startImages: position.imagesSeen,
    device: backendInUse().text,
  })
  run.emit({ type: 'phase', text: 'building the graph of a step' })
  let checkpoint: string | undefined
  try {
    while (position.imagesSeen < config.totalImages && signal?.aborted !== true) {
      const started = performance.now()
      const seenBefore = position.imagesSeen

      // batch, step
      const batch = batchAt(position.cursor)
      const at = { step: position.step + 1, imagesSeen: position.imagesSeen }
      const result = await step.run(position.state, batch, at)
      checkFinite(result, at, folder)
      const milliseconds = performance.now() - started
      advance(position, { batch, result, batchSize: config.batchSize, milliseconds })

      // log
      const { imagesSeen, seconds, loss } = position
      const imagesPerSecond = speed(milliseconds)
      appendMetrics(folder, { step: at.step, imagesSeen, seconds, ...result.metrics, imagesPerSecond })
      const secondsLeft = (config.totalImages - imagesSeen) / imagesPerSecond
      run.emit({ type: 'step', step: at.step, imagesSeen, loss: loss as number, imagesPerSecond, secondsLeft })

      // sample, checkpoint
      const passed = (every: number) => Math.floor(seenBefore / every) < Math.floor(imagesSeen / every)
      const last = imagesSeen >= config.totalImages
      if (last || passed(config.sampleEveryImages)) {
        await saveSamples(run, position)
        if (!last) await saveReport(run, position, { state: 'running' })
      }
      checkpoint = undefined
      if (last || passed(config.checkpointEveryImages)) checkpoint = await saveCheckpoint(run, position)

      // timers and signals have their turn
      await new Promise(resolve => setImmediate(resolve))
    }
    return checkpoint ?? (await saveCheckpoint(run, position))
  } finally {
    step.dispose()
  }
}

function advance(
  position: Position,
  done: { batch: PlacedBatch; result: StepResult; batchSize: number; milliseconds: number },
): void {
  tf.dispose({ ...position.state })
  position.state = done.result.state
  position.step++
  position.imagesSeen += done.batchSize
  position.seconds += done.milliseconds / 1000
  position.cursor = done.batch.next
  // an average over about 50 steps, and over all of them before that
  const { loss } = done.result.metrics
  const weight = Math.max(1 / position.step, 0.02)
  position.loss = position.loss === null ? loss : position.loss + weight * (loss - position.loss)
}

/** Images per second, over the last 20 steps. */
function speedometer(batchSize: number): (milliseconds: number) => number {
  const times: number[] = []
  return milliseconds => {
    times.push(milliseconds)
    if (times.length > 20) times.shift()
    return (1000 * batchSize * times.length) / times.reduce((sum, time) => sum + time, 0)
  }
}

function checkFinite({ state, metrics }: StepResult, at: { step: number; imagesSeen: number }, folder: string): void {
  if (Number.isFinite(metrics.loss) && Number.isFinite(metrics.gradientNorm)) return
  tf.dispose({ ...state })
  throw diverged(metrics, at, folder)
}

function diverged(metrics: StepMetrics, { step, imagesSeen }: { step: number; imagesSeen: number }, folder: string) {
  const what = Number.isFinite(metrics.loss) ? 'the gradient' : 'the loss'
  return new MixflowError(
    'TRAIN_DIVERGED',
    `${what} is no finite number at step ${step} (${imagesSeen} images seen, learning rate ${metrics.learningRate})`,
    {
      hint: `the last checkpoint in ${folder} is kept as it was; start anew with a lower learningRate, a longer warmupImages or a smaller clipNorm`,
      details: { step, imagesSeen, ...metrics },
    },
  )
}

async function finish(run: Run, position: Position, checkpoint: string): Promise<TrainResult> {
  const { step, imagesSeen, seconds, loss } = position
  const { totalImages } = run.options.config
  const outcome = imagesSeen >= totalImages ? 'finished' : 'interrupted'
  run.emit({ type: 'phase', text: 'writing the report' })
  const report = await saveReport(run, position, { state: outcome })
  run.emit({ type: 'end', outcome, imagesSeen, totalImages, seconds, loss, report })
  return { outcome, step, imagesSeen, seconds, loss, checkpoint, report }
}

/** A run that fails has a report, too; nothing that goes wrong with it hides why. */
async function fail(run: Run, position: Position, error: unknown): Promise<void> {
  const { imagesSeen, seconds, loss } = position
  const { folder, config } = run.options
  const reason = MixflowError.is(error) ? error.toString() : String(error)
  const report = await saveReport(run, position, { state: 'failed', reason }).catch(() => null)
  run.emit({
    type: 'end',
    outcome: 'failed',
    imagesSeen,
    totalImages: config.totalImages,
    seconds,
    loss,
    report,
    reason,
  })
  if (report === null) run.emit({ type: 'note', text: `${folder}/${runFiles.report} could not be written` })
}
