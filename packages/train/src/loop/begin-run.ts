/** The first position of a run: step 0, or that of its newest valid checkpoint. */

import { availableParallelism, cpus } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import { MixflowError } from '@mixflow/core'
import { defined } from '@mixflow/core/internal'
import type { TrainingConfig } from '@mixflow/zoo'
import { backendInUse } from '../backend/use-backend.ts'
import { type LoadedCheckpoint, latestCheckpoint } from '../checkpoint/checkpoint-store.ts'
import { storedConfig } from '../config/resolve-config.ts'
import { firstBatch } from '../data/batch-order.ts'
import { dataReport } from '../data/data-report.ts'
import { openCheckpoint } from '../flow-metrics/open-checkpoint.ts'
import { formatCount, formatNumber } from '../progress/format.ts'
import { learningRate } from '../step/optimizer.ts'
import { initialState, restoredState, startedFrom } from '../step/train-state.ts'
import type { Position, Run, TrainOptions } from './run.ts'
import { type RunRecord, readRun, recordData, recordRun, startRun, trimMetrics } from './run-folder.ts'

/** @throws MixflowError TRAIN_RESUME_MISMATCH, CHECKPOINT_INVALID */
export async function beginRun(run: Run): Promise<Position> {
  const position = await (run.options.resume === true ? resumed(run) : started(run))
  await recordData(run.options.folder, dataReport(run.options.data))
  return position
}

/** The contents of `config.json` for a run on this machine. */
export const recordOf = ({ config, preset = null, command = '', from }: TrainOptions): RunRecord => ({
  preset,
  config,
  command,
  ...defined({ from }),
  ...environment(),
})

async function started({ options, vector }: Run): Promise<Position> {
  const position = await beginning({ options, vector })
  await startRun(options.folder, recordOf(options))
  return position
}

async function beginning({ options: { config, from }, vector }: Pick<Run, 'options' | 'vector'>): Promise<Position> {
  const state = from === undefined ? initialState(vector, config.seed) : startedFrom(vector, await openCheckpoint(from))
  return { step: 0, imagesSeen: 0, seconds: 0, cursor: firstBatch, loss: null, state }
}

/** Backend, device and machine of this process. */
function environment(): Pick<RunRecord, 'backend' | 'device' | 'dtype' | 'machine'> {
  const { text, ...backend } = backendInUse()
  const processor = cpus()[0]?.model.trim() ?? 'unknown'
  return { ...backend, machine: { processor, cores: availableParallelism(), node: process.versions.node } }
}

const backendText = ({
  backend = '',
  device = 'cpu',
  dtype,
}: Pick<RunRecord, 'backend' | 'device' | 'dtype'>): string => {
  const details = [...(device === 'cpu' ? [] : [device]), ...(dtype === undefined ? [] : [dtype])]
  return details.length === 0 ? backend : `${backend} (${details.join(', ')})`
}

async function resumed(run: Run): Promise<Position> {
  const { folder } = run.options
  const before = await readRun(folder)
  const loaded = await latestCheckpoint(folder, (damaged, error) =>
    run.emit({ type: 'note', text: `skipping a damaged checkpoint: ${damaged} (${error.message})` }),
  )
  run.options = { ...run.options, from: before.from }
  if (loaded === null) {
    // the run was killed before its first checkpoint
    run.emit({ type: 'note', text: 'there is no checkpoint yet: starting from the beginning' })
    await recordRun(folder, recordOf(run.options))
    await trimMetrics(folder, 0)
    return beginning(run)
  }
  checkSameRun(run, loaded)
  const { step, imagesSeen, trainSeconds, cursor, loss } = loaded.record
  const state = restoredState(run.vector, loaded)
  const change = lengthChange(storedConfig(loaded.record.config), run.options.config, imagesSeen)
  if (change !== null) run.emit({ type: 'note', text: change })
  const [from, to] = [backendText(before), backendText(environment())]
  if (before.backend !== undefined && from !== to) {
    run.emit({ type: 'note', text: `this run was trained on ${from} so far: on ${to} its results differ by rounding` })
  }
  await recordRun(folder, recordOf(run.options))
  await trimMetrics(folder, step)
  return { step, imagesSeen, seconds: trainSeconds, cursor, loss, state }
}

/** Settings that may change when a run is resumed. */
const changeable: readonly (keyof TrainingConfig)[] = [
  ...(['data', 'badImages', 'badImagesLimit', 'totalImages', 'imagesAtOnce'] as const),
  ...(['sampling', 'sampleEveryImages', 'checkpointEveryImages', 'keepCheckpoints'] as const),
]

function checkSameRun({ options: { config, data, folder } }: Run, { record }: LoadedCheckpoint): void {
  const before = storedConfig(record.config)
  const changed = (Object.keys(config) as (keyof TrainingConfig)[]).filter(
    key => !changeable.includes(key) && !isDeepStrictEqual(config[key], before[key]),
  )
  if (changed.length > 0) {
    const list = changed.map(key => `${key} ${JSON.stringify(before[key])} → ${JSON.stringify(config[key])}`).join(', ')
    throw new MixflowError('TRAIN_RESUME_MISMATCH', `the run in ${folder} was started with other settings: ${list}`, {
      hint: `restore them, or start a new run; only these may change: ${changeable.join(', ')}`,
      details: { changed },
    })
  }
  const { fingerprint } = record.dataset
  if (fingerprint !== undefined && fingerprint !== data.fingerprint()) {
    const message = `the run in ${folder} was trained on different images than "${data.name}"`
    throw new MixflowError('TRAIN_RESUME_MISMATCH', message, {
      hint: 'use the data it was started with: the same files, size, channels and limit',
      details: { found: data.fingerprint(), expected: fingerprint },
    })
  }
}

/** How a new length changes the learning rate of a resumed run, as a sentence; null if it does not. */
export function lengthChange(before: TrainingConfig, after: TrainingConfig, imagesSeen: number): string | null {
  if (before.totalImages === after.totalImages) return null
  const [oldRate, newRate] = [learningRate(before, imagesSeen), learningRate(after, imagesSeen)]
  if (Math.abs(newRate - oldRate) <= 0.01 * oldRate) return null
  const from = Math.round(after.totalImages * (1 - after.decayFraction))
  const falls =
    after.decayFraction === 0
      ? ''
      : imagesSeen < from
        ? `, and falls from ${formatCount(from)} images on`
        : ', and falls until the end'
  const lengths = `${formatCount(after.totalImages)} images instead of ${formatCount(before.totalImages)}`
  return `${lengths}: the learning rate changes from ${formatNumber(oldRate)} to ${formatNumber(newRate)}${falls}`
}
