/**
 * The training loop: batch, step, log, sample, checkpoint, and at the end the report. It can end at any time: an abort signal
 * ends it after the current step with a checkpoint, a kill loses the steps since the last checkpoint, and `resume` continues
 * either bit for bit.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import * as tf from '@tensorflow/tfjs-core'
import { backendInUse } from '../backend/use-backend.ts'
import { newestCheckpoint } from '../checkpoint/checkpoint-store.ts'
import { tensorSampler } from '../step/tensor-sampler.ts'
import { batches, type PlacedBatch } from '../step/train-batch.ts'
import { ParameterVector } from '../step/train-state.ts'
import { type StepResult, trainStep } from '../step/train-step.ts'
import { dataFacts, trainingModel } from '../step/training-model.ts'
import { beginRun, recordOf } from './begin-run.ts'
import type { Position, Run, TrainOptions } from './run.ts'
import { appendMetrics, lockRun, recordRun, runFiles } from './run-folder.ts'
import { saveCheckpoint, saveReport, saveSamples } from './save-run.ts'
import { deadline, type Pace, saveTimer } from './timing.ts'

export interface TrainResult {
  readonly outcome: 'finished' | 'interrupted'
  readonly step: number
  readonly imagesSeen: number
  /** Seconds of training, earlier sessions of a resumed run included. */
  readonly seconds: number
  /** Smoothed; null before the first step. */
  readonly loss: number | null
  /** Folder of the last checkpoint. */
  readonly checkpoint: string
  /** Path of the report. */
  readonly report: string
}

/**
 * Trains, or resumes training, until `config.totalImages` images have been seen.
 *
 * @throws MixflowError TRAIN_RESUME_MISMATCH, CHECKPOINT_INVALID if the run cannot be resumed with these options; TRAIN_BUSY;
 *   TRAIN_DIVERGED if the loss or gradient becomes NaN or infinite (the last checkpoint is not changed); OUTPUT_DISK
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

/** Trains from a position until the end or an abort. Returns the folder of the last checkpoint. */
async function loop(run: Run, position: Position): Promise<string> {
  const { data, preset, folder, signal, seconds: duration } = run.options
  const step = trainStep(run.model, run.vector)
  const batchAt = batches(run.model, data)
  const { batchSize, sampleEveryImages, checkpointEveryImages } = run.options.config
  const speed = speedometer(batchSize)
  const timer = saveTimer(run.options.firstSampleSeconds)
  const review = duration === undefined ? null : deadline(duration)
  const seenBeforeRun = position.imagesSeen
  run.emit({
    type: 'start',
    title: `${preset ?? data.name}: ${data.count} images of ${data.name}, into ${folder}`,
    totalImages: run.options.config.totalImages,
    startImages: position.imagesSeen,
    device: backendInUse().text,
  })
  run.emit({ type: 'phase', text: 'building the graph of a step' })
  let checkpoint: string | undefined
  try {
    while (position.imagesSeen < run.options.config.totalImages && signal?.aborted !== true) {
      const started = performance.now()
      const seenBefore = position.imagesSeen
      const { totalImages } = run.options.config

      // batch, step
      const batch = batchAt(position.cursor)
      const at = { step: position.step + 1, imagesSeen: position.imagesSeen, totalImages, overwrite: true }
      const result = await step.run(position.state, batch, at)
      await checkFinite(result, at, folder)
      const milliseconds = performance.now() - started
      advance(position, { batch, result, batchSize, milliseconds })

      // log
      const { imagesSeen, seconds, loss } = position
      const imagesPerSecond = speed(milliseconds)
      appendMetrics(folder, { step: at.step, imagesSeen, seconds, ...result.metrics, imagesPerSecond })
      const secondsLeft = (totalImages - imagesSeen) / imagesPerSecond
      run.emit({ type: 'step', step: at.step, imagesSeen, loss: loss as number, imagesPerSecond, secondsLeft })

      // sample, checkpoint
      const passed = (every: number) => Math.floor(seenBefore / every) < Math.floor(imagesSeen / every)
      const last = imagesSeen >= totalImages
      if (last || passed(sampleEveryImages) || timer.isSampleDue()) {
        await saveSamples(run, position)
        if (!last) await saveReport(run, position, { state: 'running' })
        timer.sampled()
      }
      checkpoint = undefined
      if (last || passed(checkpointEveryImages) || timer.isCheckpointDue()) {
        checkpoint = await saveCheckpoint(run, position)
        timer.saved()
      }

      // length
      const pace = { elapsed: timer.elapsed(), imagesSeen: imagesSeen - seenBeforeRun }
      const planned = review?.(run.options.config, pace) ?? null
      if (planned !== null) await changeLength(run, { totalImages: planned, pace })

      // let timers and signals be handled
      await new Promise(resolve => setImmediate(resolve))
    }
    return checkpoint ?? (await saveCheckpoint(run, position))
  } finally {
    step.dispose()
  }
}

async function changeLength(run: Run, { totalImages, pace }: { totalImages: number; pace: Pace }): Promise<void> {
  run.options = { ...run.options, config: { ...run.options.config, totalImages } }
  await recordRun(run.options.folder, recordOf(run.options))
  const secondsLeft = ((totalImages - pace.imagesSeen) * pace.elapsed) / pace.imagesSeen
  run.emit({ type: 'length', totalImages, secondsLeft })
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
  // moving average over about 50 steps; over all of them at the beginning
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

async function checkFinite(
  { state, metrics }: StepResult,
  { step, imagesSeen }: Pick<Position, 'step' | 'imagesSeen'>,
  folder: string,
): Promise<void> {
  if (Number.isFinite(metrics.loss) && Number.isFinite(metrics.gradientNorm)) return
  tf.dispose({ ...state })
  const checkpoint = await newestCheckpoint(folder)
  const what = Number.isFinite(metrics.loss) ? 'the gradient' : 'the loss'
  const last = checkpoint === null ? 'there is no checkpoint' : `the last checkpoint is ${checkpoint}`
  const where = `at step ${step} (${imagesSeen} images seen, learning rate ${metrics.learningRate})`
  throw new MixflowError('TRAIN_DIVERGED', `${what} became NaN or infinite ${where}; ${last}`, {
    hint: 'start a new run with a lower learningRate, a longer warmupImages or a smaller clipNorm, such as --set learningRate=0.0005',
    details: { step, imagesSeen, checkpoint, ...metrics },
  })
}

async function finish(run: Run, position: Position, checkpoint: string): Promise<TrainResult> {
  const { step, imagesSeen, seconds, loss } = position
  const { totalImages } = run.options.config
  const outcome = imagesSeen >= totalImages ? 'finished' : 'interrupted'
  const failure = await restoreRecord(run)
  if (failure !== null) throw failure
  run.emit({ type: 'phase', text: 'writing the report' })
  const report = await saveReport(run, position, { state: outcome })
  run.emit({ type: 'end', outcome, imagesSeen, totalImages, seconds, loss, report })
  return { outcome, step, imagesSeen, seconds, loss, checkpoint, report }
}

/** Rewrites `config.json` if it was removed during the run, and returns the error for that; else null. */
async function restoreRecord({ options }: Run): Promise<MixflowError | null> {
  const path = join(options.folder, runFiles.config)
  if (existsSync(path)) return null
  await recordRun(options.folder, recordOf(options))
  return new MixflowError('OUTPUT_DISK', `${path} was removed during the run`, {
    hint: `check whether other files of the run are missing (${path} was written again), then resume with --out ${options.folder} --resume`,
    details: { path },
  })
}

/** Writes the report of a failed run. An error in that does not hide the cause. */
async function fail(run: Run, position: Position, error: unknown): Promise<void> {
  const { imagesSeen, seconds, loss } = position
  const { folder, config } = run.options
  const reason = MixflowError.is(error) ? error.toString() : String(error)
  const report = await saveReport(run, position, { state: 'failed', reason }).catch(() => null)
  const { totalImages } = config
  run.emit({ type: 'end', outcome: 'failed', imagesSeen, totalImages, seconds, loss, report, reason })
  if (report === null) run.emit({ type: 'note', text: `${folder}/${runFiles.report} could not be written` })
}
