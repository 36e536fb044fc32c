/**
 * One run of an experiment from nothing, or from where it was left, to its record: train, measure. What takes long is kept in the
 * run's working folder as it comes (checkpoints in `train/`, parts of the measuring in `measure/`), so that a run which was killed goes
 * on, and one whose measuring changed is not trained again.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { MixflowError } from '@mixflow/core'
import { throwIfAborted } from '@mixflow/core/internal'
import { type Extractor, localWorker, measureModel, type Reference } from '@mixflow/measure'
import {
  checkpointNetworks,
  type Dataset,
  type LoadedCheckpoint,
  latestCheckpoint,
  type MetricsLine,
  type OnTrainEvent,
  parameterCounts,
  readMetrics,
  runFiles,
  storedConfig,
  train,
} from '@mixflow/train'
import type { TrainingConfig } from '@mixflow/zoo'
import { decisive, type ExperimentRun, type RunIdentity } from './experiment-run.ts'
import type { Measuring } from './few-step.ts'
import type { PlannedRun } from './plan-runs.ts'

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
  /** The command that started this, for the training's report. */
  readonly command?: string
  readonly signal?: AbortSignal | undefined
  readonly onTrainEvent: OnTrainEvent
  readonly onMeasure: (text: string) => void
}

/** @throws MixflowError ABORTED, TRAIN_RESUME_MISMATCH; and as `train` and `measureModel` */
export async function doRun(run: PlannedRun, options: DoRunOptions): Promise<ExperimentRun> {
  const { data, extractor, machine, measuring, folder } = options
  const checkpoint = await trained(run, options)
  const measures = await measured(checkpoint, options)
  const { parameters, training } = measures
  const { name, sha256 } = extractor.description
  return {
    ...{ format: 'mixflow-experiment-run', version: 1, experiment: 'few-step' },
    ...identity(run, data),
    ...{ parameters, machine },
    training: { ...training, losses: stretches(await readMetrics(join(folder, 'train'))) },
    measures: {
      ...{ seconds: measures.seconds, extractor: { name, sha256 }, images: measuring.images, seed: measuring.seed },
      ...{ distances: measures.distances, curvature: measures.curvature },
    },
  }
}

const identity = ({ method, seed, changes, preset, config, dataName }: PlannedRun, data: Dataset) => ({
  ...{ method, seed, changes: [...changes], preset },
  data: { name: data.name, images: data.count, fingerprint: data.fingerprint() },
  config: { ...config, data: dataName },
})

/** What the record of this run would be recognised by. */
export function plannedIdentity(run: PlannedRun, { data, extractor, measuring }: Bench): RunIdentity {
  const { name, sha256 } = extractor.description
  const settings = measuring.settings.map(({ solver, nfe }) => ({ solver: solver as string, nfe: nfe as number }))
  return {
    ...identity(run, data),
    measures: {
      ...{ extractor: { name, sha256 }, images: measuring.images, seed: measuring.seed },
      ...{ settings, trajectories: measuring.trajectories },
    },
  }
}

async function trained(run: PlannedRun, options: DoRunOptions): Promise<LoadedCheckpoint> {
  const { data, command, signal, onTrainEvent } = options
  const folder = join(options.folder, 'train')
  const { config, preset } = run
  const before = await latestCheckpoint(folder)
  if (before === null || before.record.imagesSeen < config.totalImages) {
    const resume = existsSync(join(folder, runFiles.config))
    await train({
      ...{ config, data, folder, preset, resume, signal, onEvent: onTrainEvent },
      ...(command === undefined ? {} : { command }),
    })
    throwIfAborted(signal)
  }
  const checkpoint = (await latestCheckpoint(folder))!
  checkTrained(checkpoint, run)
  return checkpoint
}

/** A complete run may lie there from before, or from elsewhere. */
function checkTrained({ record, folder }: LoadedCheckpoint, { config }: PlannedRun): void {
  const found = decisive(storedConfig(record.config))
  if (isDeepStrictEqual(found, decisive(config))) return
  const keys = Object.keys({ ...found, ...config }) as (keyof TrainingConfig)[]
  const changed = keys.filter(key => key in found && !isDeepStrictEqual(found[key], config[key]))
  throw new MixflowError('TRAIN_RESUME_MISMATCH', `${folder} was trained with other settings: ${changed.join(', ')}`, {
    hint: 'move it away: the run is then trained again',
    details: { folder, changed },
  })
}

async function measured(checkpoint: LoadedCheckpoint, options: DoRunOptions) {
  const { extractor, reference, measuring, folder, signal, onMeasure } = options
  const { step, imagesSeen, trainSeconds, files } = checkpoint.record
  const networks = checkpointNetworks(checkpoint)
  const started = performance.now()
  let kept = 0
  let percent = -1
  try {
    const { settings, trajectories } = await measureModel({
      id: files.find(({ role }) => role === 'ema')!.sha256,
      model: networks.model,
      workers: [localWorker(networks, extractor)],
      samples: {
        ...{ extractor: extractor.description, reference, metrics: ['fd'] },
        ...{ settings: measuring.settings, n: measuring.images, ranges: 1 },
      },
      trajectories: measuring.trajectories,
      seed: measuring.seed,
      folder: join(folder, 'measure'),
      signal,
      onProgress(progress) {
        kept = progress.kept
        if (Math.floor(100 * progress.fraction) === percent) return
        percent = Math.floor(100 * progress.fraction)
        onMeasure(`measuring: ${percent} %`)
      },
    })
    const { mean, standardDeviation, steps, byTime, trajectories: count } = trajectories!
    return {
      parameters: parameterCounts(networks.trained),
      training: { steps: step, imagesSeen, seconds: trainSeconds },
      seconds: kept > 0 ? null : (performance.now() - started) / 1000,
      distances: settings.map(({ setting, measures }) => ({
        ...{ solver: setting.solver as 'euler' | 'heun', nfe: setting.nfe! },
        ...{ label: measures[0]!.label, distance: measures[0]!.mean },
      })),
      curvature: { mean, standardDeviation, trajectories: count, steps, byTime: [...byTime] },
    }
  } finally {
    networks.dispose()
  }
}

const mostStretches = 30

/** Losses of a run, averaged over stretches of as many steps. */
export function stretches(lines: readonly MetricsLine[], most = mostStretches): ExperimentRun['training']['losses'] {
  const length = Math.ceil(lines.length / most)
  const starts =
    lines.length === 0 ? [] : Array.from({ length: Math.ceil(lines.length / length) }, (_, i) => i * length)
  return starts.map(start => {
    const part = lines.slice(start, start + length)
    const mean = (of: (line: MetricsLine) => number) => part.reduce((sum, line) => sum + of(line), 0) / part.length
    return { imagesSeen: part.at(-1)!.imagesSeen, flowLoss: mean(line => line.flowLoss), kl: mean(line => line.kl) }
  })
}
