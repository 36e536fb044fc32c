/**
 * Trains and measures one run of an experiment and returns its record. Checkpoints and measured parts are stored in the working folder of
 * the run (`train/` and `measure/`), so an interrupted run resumes, and a run is not trained again when only its measuring changes.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { MixflowError } from '@mixflow/core'
import { defined, throwIfAborted } from '@mixflow/core/internal'
import { type Extractor, localWorker, measureModel, type Reference } from '@mixflow/measure'
import {
  checkpointNetworks,
  type Dataset,
  type LoadedCheckpoint,
  latestCheckpoint,
  type OnTrainEvent,
  parameterCounts,
  readMetrics,
  runFiles,
  storedConfig,
  train,
} from '@mixflow/train'
import type { TrainingConfig } from '@mixflow/zoo'
import { percentText } from '../../terminal/text.ts'
import { meanLosses } from '../package/training-record.ts'
import { type ExperimentRun, type RunIdentity, relevantConfig } from './experiment-run.ts'
import type { Measuring, PlannedRun } from './few-step.ts'

/** What all runs on a data set share. */
export interface Bench {
  readonly data: Dataset
  readonly extractor: Extractor
  readonly reference: Reference
  readonly machine: ExperimentRun['machine']
  readonly measuring: Measuring
}

export interface DoRunOptions extends Bench {
  /** Working folder of this run. */
  readonly folder: string
  /** The command line, for the training report. */
  readonly command?: string
  readonly signal?: AbortSignal | undefined
  readonly onTrainEvent: OnTrainEvent
  readonly onMeasure: (text: string) => void
}

const lossIntervals = 30

/** @throws MixflowError ABORTED, TRAIN_RESUME_MISMATCH; and as `train` and `measureModel` */
export async function doRun(run: PlannedRun, options: DoRunOptions): Promise<ExperimentRun> {
  const { data, extractor, machine, folder } = options
  const { images, seed } = options.measuring
  const checkpoint = await trained(run, options)
  const { parameters, training, seconds, distances, curvature } = await measured(checkpoint, options)
  const { name, sha256 } = extractor.description
  return {
    format: 'mixflow-experiment-run',
    version: 1,
    experiment: 'few-step',
    ...identity(run, data),
    parameters,
    machine,
    training: { ...training, losses: meanLosses(await readMetrics(join(folder, 'train')), lossIntervals) },
    measures: { seconds, extractor: { name, sha256 }, images, seed, distances, curvature },
  }
}

const identity = ({ method, seed, changes, preset, config, dataName }: PlannedRun, data: Dataset) => ({
  ...{ method, seed, changes: [...changes], preset },
  data: { name: data.name, images: data.count, fingerprint: data.fingerprint() },
  config: { ...config, data: dataName },
})

/** The identity that the record of this run will have. */
export function plannedIdentity(run: PlannedRun, { data, extractor, measuring }: Bench): RunIdentity {
  const { name, sha256 } = extractor.description
  const { images, seed, trajectories } = measuring
  const settings = measuring.settings.map(({ solver, nfe }) => ({ solver: solver as string, nfe: nfe as number }))
  return {
    ...identity(run, data),
    measures: { extractor: { name, sha256 }, images, seed, settings, trajectories },
  }
}

async function trained(
  { config, preset }: PlannedRun,
  { data, command, signal, onTrainEvent, ...options }: DoRunOptions,
): Promise<LoadedCheckpoint> {
  const folder = join(options.folder, 'train')
  const before = await latestCheckpoint(folder)
  if (before === null || before.record.imagesSeen < config.totalImages) {
    await train({
      config,
      data,
      folder,
      preset,
      resume: existsSync(join(folder, runFiles.config)),
      signal,
      onEvent: onTrainEvent,
      ...defined({ command }),
    })
    throwIfAborted(signal)
  }
  const checkpoint = (await latestCheckpoint(folder))!
  // a finished run in the folder may have other settings
  const found = relevantConfig(storedConfig(checkpoint.record.config))
  if (isDeepStrictEqual(found, relevantConfig(config))) return checkpoint
  const keys = Object.keys({ ...found, ...config }) as (keyof TrainingConfig)[]
  const changed = keys.filter(key => key in found && !isDeepStrictEqual(found[key], config[key]))
  const message = `${checkpoint.folder} was trained with other settings: ${changed.join(', ')}`
  const details = { folder: checkpoint.folder, changed }
  throw new MixflowError('TRAIN_RESUME_MISMATCH', message, { hint: 'move it away to train the run again', details })
}

async function measured(checkpoint: LoadedCheckpoint, options: DoRunOptions) {
  const { extractor, reference, measuring, machine, folder, signal, onMeasure } = options
  const { step, imagesSeen, trainSeconds, files } = checkpoint.record
  const networks = checkpointNetworks(checkpoint)
  const started = performance.now()
  let resumed = 0
  let shown = ''
  try {
    const { settings, trajectories } = await measureModel({
      id: [files.find(({ role }) => role === 'ema')!.sha256, ...(machine.backend ? [machine.backend] : [])].join(),
      model: networks.model,
      workers: [localWorker(networks, extractor)],
      samples: {
        extractor: extractor.description,
        reference,
        metrics: ['fd'],
        settings: measuring.settings,
        n: measuring.images,
        ranges: 1,
      },
      trajectories: measuring.trajectories,
      seed: measuring.seed,
      folder: join(folder, 'measure'),
      signal,
      onProgress(progress) {
        resumed = progress.resumed
        const text = `measuring: ${percentText(progress.fraction)}`
        if (text !== shown) onMeasure(text)
        shown = text
      },
    })
    const { mean, standardDeviation, steps, byTime, trajectories: count } = trajectories!
    return {
      parameters: parameterCounts(networks.trained),
      training: { steps: step, imagesSeen, seconds: trainSeconds },
      seconds: resumed > 0 ? null : (performance.now() - started) / 1000,
      distances: settings.map(({ setting, measures }) => ({
        solver: setting.solver as 'euler' | 'heun',
        nfe: setting.nfe!,
        label: measures[0]!.label,
        distance: measures[0]!.mean,
      })),
      curvature: { mean, standardDeviation, trajectories: count, steps, byTime: [...byTime] },
    }
  } finally {
    networks.dispose()
  }
}
