/**
 * Measures a generator: samples of each setting by their features, over several ranges of a seed's images, and trajectories by
 * their curvature. The work is cut into parts (part.ts) that any number of workers do; with a folder, what is done is kept, and
 * the same call goes on after a kill. The result does not depend on how many workers there are or how often it was interrupted.
 *
 * Ranges are images 0 … n, n … 2n, and so on: the mean over them is the measure, their spread how far to trust its last digits.
 */
import { createHash } from 'node:crypto'
import { MixflowError, type SamplerModel } from '@mixflow/core'
import { checkKeys } from '@mixflow/core/internal'
import type { ExtractorDescription } from '../extractor.ts'
import type { Reference } from '../reference.ts'
import { checkSamples } from './check-samples.ts'
import { comparisonOf } from './comparison.ts'
import { type Comparison, measureRange, type RangeMeasures, rangeSchema, type SampleMetric } from './measure-range.ts'
import {
  type TrajectoryMeasures,
  type TrajectoryOptions,
  trajectoryMeasures,
  trajectoryParts,
} from './measure-trajectories.ts'
import {
  cut,
  type ImageRange,
  type Part,
  type PartWorker,
  type SampleSetting,
  type TrajectoriesResult,
} from './part.ts'
import { folderStore, memoryStore, type PartStore } from './part-store.ts'
import { type Job, runParts } from './run-parts.ts'
import { type SettingMeasures, settingMeasures } from './setting-measures.ts'

export interface SampleOptions {
  /** Which extractor the workers use. */
  readonly extractor: ExtractorDescription
  readonly metrics: readonly SampleMetric[]
  readonly settings: readonly SampleSetting[]
  /** What to compare with: needed for all but `is` and `label-accuracy`, and with its features for `precision-recall` and `neighbours`. */
  readonly reference: Reference | null
  /** Images per range. */
  readonly n: number
  /** 3 unless said. */
  readonly ranges?: number
  /** Images at once; 64 unless said. The steps of an adaptive solver depend on it. */
  readonly batchSize?: number
}

export interface MeasureModelOptions {
  /** What the weights are (a hash, say): results that are kept are known by it. */
  readonly id: string
  readonly model: SamplerModel
  readonly workers: readonly PartWorker[]
  readonly samples?: SampleOptions | null
  readonly trajectories?: TrajectoryOptions | null
  /** 0 unless said. */
  readonly seed?: number
  /** Where what is done is kept, to go on from; null keeps nothing. */
  readonly folder?: string | null
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: MeasureProgress) => void) | undefined
  /** Told of each setting when all of its ranges are measured. */
  readonly onSetting?: ((measured: SettingMeasures) => void) | undefined
}

export interface MeasureProgress {
  /** Of all the work, 0..1; what adaptive solvers take is guessed. */
  readonly fraction: number
  /** Of all the work, what an earlier call had done, 0..1. */
  readonly kept: number
}

export interface ModelMeasures {
  readonly seed: number
  readonly settings: readonly SettingMeasures[]
  readonly trajectories: TrajectoryMeasures | null
}

const required = ['id', 'model', 'workers'] as const satisfies readonly (keyof MeasureModelOptions)[]
const optional = [
  ...(['samples', 'trajectories', 'seed', 'folder', 'signal', 'onProgress', 'onSetting'] as const),
] as const satisfies readonly (keyof MeasureModelOptions)[]

/**
 * @throws MixflowError ARGUMENT_INVALID for options that cannot be, or images that the extractor does not take; REQUEST_INVALID
 *   for a setting that the model does not have; OUTPUT_DISK; ABORTED; and what the workers throw
 */
export async function measureModel(options: MeasureModelOptions): Promise<ModelMeasures> {
  checkKeys(options as unknown, [...required, ...optional], { what: 'measureModel', required })
  const { model, workers, samples = null, trajectories = null, seed = 0, folder = null } = options
  if (workers.length === 0) throw new MixflowError('ARGUMENT_INVALID', 'there is no worker to do the work')
  if (samples !== null) checkSamples(samples, model)
  const work: Work = { ...options, seed, store: folder === null ? memoryStore() : folderStore(folder) }

  const settings: SettingMeasures[] = []
  const units = samples === null ? [] : await rangeUnits(work, samples, settings)
  let curved: TrajectoryMeasures | null = null
  if (trajectories !== null) {
    const done = (results: readonly TrajectoriesResult[]) => void (curved = trajectoryMeasures(trajectories, results))
    units.push(trajectoryUnit(work, trajectories, done))
  }
  await doUnits(work, units)
  const order = samples?.settings ?? []
  settings.sort((a, b) => order.indexOf(a.setting) - order.indexOf(b.setting))
  return { seed, settings, trajectories: curved }
}

interface Work extends Omit<MeasureModelOptions, 'seed'> {
  readonly seed: number
  readonly store: PartStore
}

/** Parts that belong together, under the key of all that they depend on. */
interface Unit {
  readonly key: string
  readonly parts: readonly Part[]
  /** Calls of the network per image, as far as is known beforehand. */
  readonly evaluations: number
  /** What became of it is kept already. */
  readonly isDone: boolean
  /** Called once all parts are in the store. */
  complete(): Promise<void>
}

const keyOf = (facts: object): string =>
  createHash('sha256')
    .update(JSON.stringify({ version: 1, ...facts }))
    .digest('hex')
    .slice(0, 24)

/** Evaluations that an adaptive solver is guessed to take, for the progress alone. */
const guess = 100

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
      const parts = cut(range, batchSize).map(each => ({ kind: 'samples', setting, batchSize, ...each }) as const)
      const finished = async () => {
        const kept = rangeSchema.safeParse(await store.finished(key))
        return kept.success && metrics.every(metric => isMeasured(kept.data, metric)) ? kept.data : null
      }
      const done = await finished()
      const read = (part: (typeof parts)[number]) => store.read(key, part)
      units.push({
        key,
        parts,
        evaluations: setting.nfe ?? setting.steps ?? guess,
        isDone: done !== null,
        async complete() {
          const kept = done ?? (await finished()) // by another process meanwhile, which let the parts go
          const own = kept ?? (await measureRange(range, parts, { read, comparison: comparison() }))
          if (done === null) await store.finish(key, own)
          measured.set(i, own)
          if (measured.size < ranges) return
          const inOrder = Array.from({ length: ranges }, (_, at) => measured.get(at)!)
          const result = settingMeasures(setting, inOrder, samples)
          results.push(result)
          onSetting?.(result)
        },
      })
    }
  }
  return units
}

const sorted = (setting: SampleSetting) =>
  Object.fromEntries(Object.entries(setting).sort(([a], [b]) => (a < b ? -1 : 1)))

const places = {
  fd: 'frechet',
  is: 'inception',
  'label-accuracy': 'labelAccuracy',
  'precision-recall': 'precisionRecall',
  neighbours: 'nearCopies',
} as const satisfies Record<SampleMetric, keyof RangeMeasures>

const isMeasured = (range: RangeMeasures, metric: SampleMetric): boolean => range[places[metric]] !== null

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

/** Every part that nobody has done yet; each unit is completed with its last part, so that few parts are kept at a time. */
async function doUnits({ store, workers, signal, onProgress }: Work, units: readonly Unit[]): Promise<void> {
  const jobs: (Job & { readonly unit: Unit })[] = []
  const left = new Map<Unit, number>()
  let kept = 0
  for (const unit of units) {
    const missing = unit.isDone ? [] : unit.parts.filter(part => !store.has(unit.key, part))
    const weigh = (parts: readonly Part[]) => parts.reduce((sum, { images }) => sum + images * unit.evaluations, 0)
    kept += weigh(unit.parts) - weigh(missing)
    left.set(unit, missing.length)
    jobs.push(...missing.map(part => ({ unit, part, weight: weigh([part]) })))
  }
  const total = jobs.reduce((sum, { weight }) => sum + weight, kept)
  const report = (done: number) => onProgress?.({ fraction: (kept + done) / total, kept: kept / total })
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
