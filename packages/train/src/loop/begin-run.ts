/** The first position of a run: step 0, or where its newest whole checkpoint stands, if it has come to one. */

import { existsSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import type { TrainingConfig } from '@mixflow/zoo'
import { backendInUse } from '../backend/backend-in-use.ts'
import { type LoadedCheckpoint, latestCheckpoint } from '../checkpoint/checkpoint-store.ts'
import { storedConfig } from '../config/stored-config.ts'
import { firstBatch } from '../data/batch-order.ts'
import { dataReport } from '../data/data-report.ts'
import { initialState, restoredState } from '../model/train-state.ts'
import { lengthChange } from './length-change.ts'
import type { Position, Run, TrainOptions } from './run.ts'
import { type RunRecord, readRun, recordData, recordRun, runFiles, startRun, trimMetrics } from './run-folder.ts'

/** @throws MixflowError TRAIN_RESUME_MISMATCH, CHECKPOINT_INVALID */
export async function beginRun(run: Run): Promise<Position> {
  const position = await (run.options.resume === true ? resumed(run) : started(run))
  await recordData(run.options.folder, dataReport(run.options.data))
  return position
}

/** What `config.json` is to hold of a run that goes on here. */
export const recordOf = ({ config, preset = null, command = '' }: TrainOptions): RunRecord => ({
  ...{ preset, config, command },
  ...place(),
})

async function started({ options, vector }: Run): Promise<Position> {
  await startRun(options.folder, recordOf(options))
  return beginning({ options, vector })
}

const beginning = ({ options: { config }, vector }: Pick<Run, 'options' | 'vector'>): Position => ({
  step: 0,
  imagesSeen: 0,
  seconds: 0,
  cursor: firstBatch,
  loss: null,
  state: initialState(vector, config.seed),
})

/** What the run trains on. */
function place(): Pick<RunRecord, 'backend' | 'device' | 'machine'> {
  const { text, ...place } = backendInUse()
  const processor = cpus()[0]?.model.trim() ?? 'unknown'
  return { ...place, machine: { processor, cores: availableParallelism(), node: process.versions.node } }
}

const placeText = ({ backend = '', device = 'cpu' }: Pick<RunRecord, 'backend' | 'device'>): string =>
  device === 'cpu' ? backend : `${backend} (${device})`

async function resumed(run: Run): Promise<Position> {
  const { folder } = run.options
  const loaded = await latestCheckpoint(folder, (damaged, error) =>
    run.emit({ type: 'note', text: `passing over a damaged checkpoint: ${damaged} (${error.message})` }),
  )
  if (loaded === null && existsSync(join(folder, runFiles.config))) {
    // killed before its first checkpoint
    run.emit({ type: 'note', text: 'there is no checkpoint yet: starting from the beginning' })
    await recordRun(folder, recordOf(run.options))
    await trimMetrics(folder, 0)
    return beginning(run)
  }
  if (loaded === null) {
    throw new MixflowError('TRAIN_RESUME_MISMATCH', `${folder} holds no run to go on with`, {
      hint: 'leave --resume out to start one',
      details: { folder },
    })
  }
  checkSameRun(run, loaded)
  const { step, imagesSeen, trainSeconds, cursor, loss } = loaded.record
  const state = restoredState(run.vector, loaded)
  const change = lengthChange(storedConfig(loaded.record.config), run.options.config, imagesSeen)
  if (change !== null) run.emit({ type: 'note', text: change })
  const [before, now] = [await readRun(folder), place()]
  const isKnown = before.backend !== undefined
  if (isKnown && (before.backend !== now.backend || before.device !== now.device)) {
    const [from, to] = [placeText(before), placeText(now)]
    run.emit({ type: 'note', text: `so far this run was on ${from}: on ${to} it goes on to rounding, not bit for bit` })
  }
  await recordRun(folder, recordOf(run.options))
  await trimMetrics(folder, step)
  return { step, imagesSeen, seconds: trainSeconds, cursor, loss, state }
}

/** Settings that may change when a run goes on: how long, how often, and how samples are drawn. */
const changeable: readonly (keyof TrainingConfig)[] = [
  'data',
  'badImages',
  'badImagesLimit',
  'totalImages',
  'imagesAtOnce',
  'sampling',
  'sampleEveryImages',
  'checkpointEveryImages',
  'keepCheckpoints',
]

function checkSameRun({ options: { config, data, folder } }: Run, { record }: LoadedCheckpoint): void {
  const before = storedConfig(record.config)
  const changed = (Object.keys(config) as (keyof TrainingConfig)[]).filter(
    key => !changeable.includes(key) && JSON.stringify(config[key]) !== JSON.stringify(before[key]),
  )
  if (changed.length > 0) {
    const list = changed.map(key => `${key} ${JSON.stringify(before[key])} → ${JSON.stringify(config[key])}`).join(', ')
    throw new MixflowError('TRAIN_RESUME_MISMATCH', `the run in ${folder} was started with other settings: ${list}`, {
      hint: `leave them as they were, or start a new run; these may change: ${changeable.join(', ')}`,
      details: { changed },
    })
  }
  const { fingerprint } = record.dataset
  if (fingerprint !== undefined && fingerprint !== data.fingerprint()) {
    throw new MixflowError(
      'TRAIN_RESUME_MISMATCH',
      `the run in ${folder} was trained on other images than "${data.name}"`,
      {
        hint: 'give the data that it was started with: the same files, size, channels and limit',
        details: { found: data.fingerprint(), expected: fingerprint },
      },
    )
  }
}
