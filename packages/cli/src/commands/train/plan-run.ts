/** Turns the command line of `mixflow train` into a run: its configuration, its folder, and whether it resumes. Opens no data. */

import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { checkWord, defined, nearest } from '@mixflow/core/internal'
import {
  backendNames,
  changeConfig,
  checkNewRun,
  type Dataset,
  dataFacts,
  deviceNames,
  dtypeNames,
  estimateRun,
  fitToImages,
  formatCount,
  formatDuration,
  formatNumber,
  freeRunFolder,
  givenBy,
  isRun,
  openCheckpoint,
  type RunRecord,
  readRun,
  resolveConfig,
  runFiles,
  scaleToLength,
  storedConfig,
} from '@mixflow/train'
import { type PresetName, presets, type TrainingConfig } from '@mixflow/zoo'
import { UsageError } from '../../terminal/errors.ts'
import type { BackendChoice } from '../start-backend.ts'

export interface RunRequest {
  /** A preset, or with `resume` the folder of a run. */
  readonly target?: string | undefined
  readonly data?: string | undefined
  readonly method?: string | undefined
  /** A run or checkpoint to start from. */
  readonly from?: string | undefined
  readonly set: readonly string[]
  readonly size?: number | undefined
  readonly badImages?: string | undefined
  /** 0..1 */
  readonly badImagesLimit?: number | undefined
  readonly out?: string | undefined
  readonly runs: string
  readonly resume: boolean
  readonly hours?: number | undefined
  readonly minutes?: number | undefined
}

export interface RunPlan {
  readonly preset: string | null
  readonly config: TrainingConfig
  readonly folder: string
  readonly resume: boolean
  /** The run or checkpoint whose parameters a new run starts from. */
  readonly from?: string
  /** What `fitRun` needs to complete the configuration; absent where a run resumes. */
  readonly open?: {
    /** Settings of the command line, `key=value`, in order. */
    readonly given: readonly string[]
    /** Time budget; null without --hours and --minutes. */
    readonly seconds: number | null
  }
  /** The command that started a run that resumes. */
  readonly command?: string
  /** Where a run that resumes was trained; elsewhere it is not bit for bit the same. */
  readonly backend?: BackendChoice
}

/** @throws UsageError for an incomplete or contradictory command line; MixflowError CONFIG_*, TRAIN_RESUME_MISMATCH */
export const planRun = (request: RunRequest): Promise<RunPlan> =>
  request.resume ? planResumed(request) : planNew(request)

async function planNew(request: RunRequest): Promise<RunPlan> {
  const { target, data, method, from, out, runs } = request
  const name = target ?? (data === undefined ? undefined : presetFor(data))
  if (name === undefined) {
    throw new UsageError(
      'missing preset or --data',
      'mixflow train quickstart, mixflow train --data <folder of images>, or a preset of mixflow train --list',
    )
  }
  if (target !== undefined && !isPreset(target)) refusePath(target)
  if (from !== undefined && method !== undefined) {
    throw new UsageError('--from and --method exclude each other', 'the networks and their method are those of --from')
  }
  const given = [...(from === undefined ? [] : await networkSettings(from)), ...settings(request)]
  const { preset, config } = resolveConfig({ preset: name, method, set: given })
  const seconds = secondsOf(request)
  if (seconds !== null && givenBy(given)('totalImages')) {
    throw new UsageError('--hours and --minutes cannot be combined with totalImages', 'leave one of them out')
  }
  const base = [preset.replaceAll('/', '-'), ...(method === undefined ? [] : [method])].join('-')
  const folder = out ?? freeRunFolder(runs, base)
  checkNewRun(folder)
  const scaled = scaleToLength(config, presets[preset].config.totalImages, givenBy(given))
  return { preset, config: scaled, folder, resume: false, ...defined({ from }), open: { given, seconds } }
}

/** The settings of a checkpoint that decide its networks, as `key=value`. @throws MixflowError CHECKPOINT_NOT_FOUND, CHECKPOINT_INVALID */
async function networkSettings(from: string): Promise<string[]> {
  const { config, image } = (await openCheckpoint(from)).record
  const { denoiser, encoder, source, coupling, labels } = storedConfig(config)
  const shape = { channels: image.channels, ...(image.height === image.width ? { size: image.height } : {}) }
  const all = { denoiser, encoder, source, coupling, labels, ...shape }
  return Object.entries(all).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
}

function secondsOf({ hours, minutes }: RunRequest): number | null {
  if (hours === undefined && minutes === undefined) return null
  const seconds = 3600 * (hours ?? 0) + 60 * (minutes ?? 0)
  if (seconds >= 1) return seconds
  throw new UsageError(`a time budget of ${seconds} s is too short`, 'for example --minutes 20, or --hours 1.5')
}

/** @throws UsageError for a path in place of a preset name */
function refusePath(target: string): void {
  if (isRun(target)) {
    throw new UsageError(`${target} is the folder of a run`, `resume it: mixflow train ${target} --resume`)
  }
  // `zoo/mnits` is a misspelt preset; `./photos` and `pictures/mine` are paths
  const isMisspelt = !/^\.{0,2}[/\\]/.test(target) && nearest(target, Object.keys(presets)) !== undefined
  if (existsSync(target) || (/[/\\]/.test(target) && !isMisspelt)) {
    throw new UsageError(`${target} is not a preset`, `to train on the images there: mixflow train --data ${target}`)
  }
}

async function planResumed(request: RunRequest): Promise<RunPlan> {
  if (secondsOf(request) !== null) {
    throw new UsageError(
      '--hours and --minutes do not apply to --resume',
      'set the number of images instead: --resume --set totalImages=<images>',
    )
  }
  if (request.method !== undefined) {
    throw new UsageError('the method of a run cannot change', 'leave out --method or --resume')
  }
  if (request.from !== undefined) {
    throw new UsageError('--from starts a new run', 'leave out --from or --resume')
  }
  const folder = await resumedFolder(request)
  const { preset, config, command, ...record } = await readRun(folder)
  const { target } = request
  if (target !== undefined && isPreset(target) && preset !== target) {
    const message = `the run in ${folder} has the preset "${preset}", not "${target}"`
    const hint = `mixflow train --out ${folder} --resume`
    throw new MixflowError('TRAIN_RESUME_MISMATCH', message, { hint, details: { folder, preset } })
  }
  const changed = changeConfig(config, { set: settings(request), preset: preset ?? 'quickstart' })
  return { preset, config: changed, folder, resume: true, command, ...recordedBackend(record) }
}

/** Left out where a program trained the run on a backend that the command does not know. */
function recordedBackend(record: Pick<RunRecord, 'backend' | 'device' | 'dtype'>): Pick<RunPlan, 'backend'> {
  const backend = backendNames.find(name => name === record.backend)
  const device = deviceNames.find(name => name === record.device)
  const dtype = dtypeNames.find(name => name === record.dtype)
  return backend === undefined ? {} : { backend: { backend, ...defined({ device, dtype }) } }
}

async function resumedFolder({ target, data, out, runs }: RunRequest): Promise<string> {
  if (target !== undefined && !isPreset(target)) {
    if (isRun(target) && out === undefined) return target
    if (existsSync(target)) throw new UsageError(`${target} is neither a preset nor the folder of a run`)
    checkWord(target, Object.keys(presets), { what: 'preset', code: 'CONFIG_UNKNOWN_PRESET' })
  }
  if (out !== undefined) return out
  const preset = target ?? (data === undefined ? undefined : presetFor(data))
  const found = await latestRun(runs, preset)
  if (found !== null) return found
  const what = preset === undefined ? 'run' : `run of "${preset}"`
  throw new MixflowError('TRAIN_RESUME_MISMATCH', `there is no ${what} in ${runs} to resume`, {
    hint: 'leave out --resume to start one, or name its folder with --out <folder>',
    details: { runs, preset },
  })
}

async function latestRun(runs: string, preset: string | undefined): Promise<string | null> {
  const names = await readdir(runs).catch(() => [])
  let latest: { folder: string; time: number } | null = null
  for (const folder of names.map(name => join(runs, name)).filter(isRun)) {
    const run = await readRun(folder).catch(() => null)
    if (run === null || (preset !== undefined && run.preset !== preset)) continue
    const times = [runFiles.config, runFiles.metrics].map(name => stat(join(folder, name)).catch(() => null))
    const time = Math.max(...(await Promise.all(times)).map(file => file?.mtimeMs ?? 0))
    if (latest === null || time > latest.time) latest = { folder, time }
  }
  return latest?.folder ?? null
}

const isPreset = (name: string): name is PresetName => Object.hasOwn(presets, name)

/** The preset of a built-in data set, or `photos`. */
export function presetFor(data: string): PresetName {
  const name = data.split(':')[0] as string
  const found = (Object.keys(presets) as PresetName[]).find(preset => presets[preset].config.data === name)
  return found ?? 'photos'
}

/** `key=value` of every option that is short for a setting; --set comes last and wins. */
const settings = ({ data, size, badImages, badImagesLimit, set }: RunRequest): readonly string[] => [
  ...(data === undefined ? [] : [`data=${JSON.stringify(data)}`]),
  ...Object.entries({ size, badImages, badImagesLimit }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${value}`],
  ),
  ...set,
]

/** Default time budget for a user's own images. */
const defaultSeconds = 3600
/** Fraction of the time for training steps; sample grids, checkpoints and the report take the rest. */
const stepFraction = 0.95

interface FitRequest {
  readonly data: Dataset
  readonly signal: AbortSignal
  readonly onNote: (text: string) => void
  /** Called before the measurement, which takes seconds. */
  readonly onMeasure: () => void
}

/**
 * Completes the settings of a new run that depend on its data and on the speed of this machine: networks and batch size for a user's own
 * images, and the number of images for a time budget. `config.json` records the result, so the run can be repeated.
 *
 * @throws MixflowError CONFIG_INVALID, ARGUMENT_INVALID for networks that do not fit the data, ABORTED
 */
export async function fitRun(
  plan: RunPlan,
  { data, signal, onNote, onMeasure }: FitRequest,
): Promise<{ readonly plan: RunPlan /** Remaining time budget. */; readonly seconds?: number }> {
  const { open, preset } = plan
  if (open === undefined) return { plan }
  const isGiven = givenBy(open.given)
  const isCustom = preset === 'photos'
  const { image } = dataFacts(data)
  const config = isCustom ? fitToImages(plan.config, { image, count: data.count }, isGiven) : plan.config
  const seconds = open.seconds ?? (isCustom && !isGiven('totalImages') ? defaultSeconds : null)
  if (seconds === null) return { plan: { ...plan, config } }

  onMeasure()
  const started = performance.now()
  const { imagesPerSecond, busy } = await estimateRun({ config, data, signal })
  const rest = Math.max(1, seconds - (performance.now() - started) / 1000)
  const { batchSize } = config
  const totalImages = batchSize * Math.max(10, Math.round((rest * stepFraction * imagesPerSecond) / batchSize))
  const all: Readonly<Record<string, { readonly config: TrainingConfig }>> = presets
  const presetImages = all[preset ?? '']?.config.totalImages ?? plan.config.totalImages
  const fitted = scaleToLength({ ...config, totalImages }, presetImages, isGiven)
  const change = open.seconds === null ? ' (change with --hours or --minutes)' : ''
  const busyNote = busy ? '; other programs are running, so the length will be adjusted during training' : ''
  onNote(
    `${formatDuration(seconds)}${change}: ${formatCount(totalImages)} images at ${formatNumber(imagesPerSecond)} images/s${busyNote}`,
  )
  return { plan: { ...plan, config: fitted }, seconds: rest }
}
