/**
 * `measureModel` measures a generator: the quality of samples by their features, for each setting and over several ranges of
 * images, and the curvature of trajectories. The work is split into parts (part.ts) for any number of workers. With a folder,
 * results are stored, and the same call resumes after an interruption. The result depends on neither.
 *
 * Ranges are images 0 to n − 1, n to 2n − 1, and so on: a measure is the mean over them, and their deviation its uncertainty.
 */
import { createHash } from 'node:crypto'
import { MixflowError, type SamplerModel } from '@mixflow/core'
import { checkKeys } from '@mixflow/core/internal'
import { type TrajectoryMeasures, type TrajectoryOptions, trajectoryMeasures, trajectoryParts } from './local-worker.ts'
import { type Comparison, comparisonOf, measureRange, type RangeMeasures, rangeSchema } from './measure-range.ts'
import {
  type ImageRange,
  type Job,
  type Part,
  type PartWorker,
  runParts,
  type SampleSetting,
  splitRange,
  type TrajectoriesResult,
} from './part.ts'
import { folderStore, memoryStore, type PartStore } from './part-store.ts'
import { checkSamples, type SampleMetric, type SampleOptions } from './sample-options.ts'
import { type SettingMeasures, settingMeasures } from './setting-measures.ts'

export interface MeasureModelOptions {
  /** Identifies the parameters of the model, for example by a hash; part of the key of stored results. */
  readonly id: string
  readonly model: SamplerModel
  readonly workers: readonly PartWorker[]
  readonly samples?: SampleOptions | null
  readonly trajectories?: TrajectoryOptions | null
  /** Default: 0. */
  readonly seed?: number
  /** Folder for results, to resume from. Default: null, nothing is stored. */
  readonly folder?: string | null
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: MeasureProgress) => void) | undefined
  /** Called with each setting once all of its ranges are measured. */
  readonly onSetting?: ((measured: SettingMeasures) => void) | undefined
}

export interface MeasureProgress {
  /** Fraction of all work that is done, 0..1, with an estimate for adaptive solvers. */
  readonly fraction: number
  /** Fraction of all work done by earlier calls, 0..1. */
  readonly resumed: number
}

export interface ModelMeasures {
  readonly seed: number
  readonly settings: readonly SettingMeasures[]
  readonly trajectories: TrajectoryMeasures | null
}

const required: readonly (keyof MeasureModelOptions)[] = ['id', 'model', 'workers']
const optional: readonly (keyof MeasureModelOptions)[] = [
  ...(['samples', 'trajectories', 'seed', 'folder'] as const),
  ...(['signal', 'onProgress', 'onSetting'] as const),
]

/**
 * @throws MixflowError ARGUMENT_INVALID for invalid options, or images that the extractor does not accept; REQUEST_INVALID for a
 *   setting that the model does not support; OUTPUT_DISK; ABORTED; what the workers throw
 */
export async function measureModel(options: MeasureModelOptions): Promise<ModelMeasures> {
  checkKeys(options as unknown, [...required, ...optional], { what: 'measureModel', required })
  const { model, workers, samples = null, trajectories = null, seed = 0, folder = null } = options
  if (workers.length === 0) throw new MixflowError('ARGUMENT_INVALID', 'workers must not be empty')
  if (samples !== null) checkSamples(samples, model)
  const work: Work = { ...options, seed, store: folder === null ? memoryStore() : folderStore(folder) }

  const settings: SettingMeasures[] = []
  const units = samples === null ? [] : await rangeUnits(work, samples, settings)
  let curved: TrajectoryMeasures | null = null
  if (trajectories !== null) {
    const done = (results: readonly TrajectoriesResult[]) => void (curved = trajectoryMeasures(trajectories, results))
    units.push(trajectoryUnit(work, trajectories, done))
  }
  await runUnits(work, units)
  const order = samples?.settings ?? []
  settings.sort((a, b) => order.indexOf(a.setting) - order.indexOf(b.setting))
  return { seed, settings, trajectories: curved }
}

interface Work extends Omit<MeasureModelOptions, 'seed'> {
  readonly seed: number
  readonly store: PartStore
}

/** Parts with a common key of everything that they depend on. */
interface Unit {
  readonly key: string
  readonly parts: readonly Part[]
  /** Function evaluations per image, as far as known beforehand. */
  readonly evaluations: number
  /** Whether its measures are stored already. */
  readonly isDone: boolean
  /** Called once all parts are in the store. */
  complete(): Promise<void>
}

const keyOf = (facts: object): string =>
  createHash('sha256')
    .update(JSON.stringify({ version: 1, ...facts }))
    .digest('hex')
    .slice(0, 24)

/** Estimated evaluations of an adaptive solver, for the progress. */
const adaptiveEvaluations = 100

async function rangeUnits(work: Work, samples: SampleOptions, results: SettingMeasures[]): Promise<Unit[]> {
  const { id, model, seed, store, onSetting } = work
  const { settings, n, ranges = 3, batchSize = 64, extractor, reference, metrics } = samples
  let prepared: Comparison | undefined
  const comparison = () => (prepared ??= comparisonOf(samples))
  const units: Unit[] = []
  for (const setting of settings) {
    const measured = new Map<number, RangeMeasures>()
    for (let i = 0; i < ranges; i++) {
      const range: ImageRange = { seed, firstImage: i * n, images: n }
      const facts = { id, setting: sorted(setting), range, batchSize, extractor, image: model.image }
      const key = keyOf({ ...facts, reference: reference?.key ?? null })
      const parts = splitRange(range, batchSize).map(
        each => ({ kind: 'samples', setting, batchSize, ...each }) as const,
      )
      const finished = async () => {
        const stored = rangeSchema.safeParse(await store.finished(key))
        return stored.success && metrics.every(metric => isMeasured(stored.data, metric)) ? stored.data : null
      }
      const done = await finished()
      const read = (part: (typeof parts)[number]) => store.read(key, part)
      units.push({
        key,
        parts,
        evaluations: setting.nfe ?? setting.steps ?? adaptiveEvaluations,
        isDone: done !== null,
        async complete() {
          // another process may have finished it meanwhile, and deleted the parts
          const stored = done ?? (await finished())
          const result = stored ?? (await measureRange(range, parts, { read, comparison: comparison() }))
          if (done === null) await store.finish(key, result)
          measured.set(i, result)
          if (measured.size < ranges) return
          const inOrder = Array.from({ length: ranges }, (_, at) => measured.get(at)!)
          const setMeasures = settingMeasures(setting, inOrder, samples)
          results.push(setMeasures)
          onSetting?.(setMeasures)
        },
      })
    }
  }
  return units
}

const sorted = (setting: SampleSetting) =>
  Object.fromEntries(Object.entries(setting).sort(([a], [b]) => (a < b ? -1 : 1)))

const fields = {
  fd: 'frechet',
  is: 'inception',
  'label-accuracy': 'labelAccuracy',
  'precision-recall': 'precisionRecall',
  neighbours: 'nearCopies',
} as const satisfies Record<SampleMetric, keyof RangeMeasures>

const isMeasured = (range: RangeMeasures, metric: SampleMetric): boolean => range[fields[metric]] !== null

function trajectoryUnit(
  { id, model, seed, store }: Work,
  options: TrajectoryOptions,
  done: (results: readonly TrajectoriesResult[]) => void,
): Unit {
  const parts = trajectoryParts(seed, options)
  const { steps, bins, images } = parts[0]!
  const key = keyOf({ id, seed, steps, bins, image: model.image, of: 'trajectories', count: options.count, images })
  return {
    key,
    parts,
    evaluations: steps,
    isDone: false,
    async complete() {
      const results: TrajectoriesResult[] = []
      for (const part of parts) results.push(await store.read(key, part))
      done(results)
    },
  }
}

/** Runs all missing parts. Each unit is completed after its last part, so that few results are stored at a time. */
async function runUnits({ store, workers, signal, onProgress }: Work, units: readonly Unit[]): Promise<void> {
  const jobs: (Job & { readonly unit: Unit })[] = []
  const left = new Map<Unit, number>()
  let resumed = 0
  for (const unit of units) {
    const missing = unit.isDone ? [] : unit.parts.filter(part => !store.has(unit.key, part))
    const weigh = (parts: readonly Part[]) => parts.reduce((sum, { images }) => sum + images * unit.evaluations, 0)
    resumed += weigh(unit.parts) - weigh(missing)
    left.set(unit, missing.length)
    jobs.push(...missing.map(part => ({ unit, part, weight: weigh([part]) })))
  }
  const total = jobs.reduce((sum, { weight }) => sum + weight, resumed)
  const report = (done: number) => onProgress?.({ fraction: (resumed + done) / total, resumed: resumed / total })
  if (total > 0) report(0)
  for (const unit of units) if (left.get(unit) === 0) await unit.complete()
  await runParts(jobs, {
    workers,
    signal,
    onProgress: report,
    async onResult({ unit, part }, result) {
      await store.write(unit.key, part, result)
      const missing = left.get(unit)! - 1
      left.set(unit, missing)
      if (missing === 0) await unit.complete()
    },
  })
}
