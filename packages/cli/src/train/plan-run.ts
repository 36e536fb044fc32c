/**
 * From what a person types after `mixflow train` to a run: its configuration, its folder, and whether it goes on. The
 * data are not opened here, and nothing is written.
 */

import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { checkWord, nearest } from '@mixflow/core/internal'
import {
  type BackendOptions,
  backendNames,
  changeConfig,
  deviceNames,
  freeRunFolder,
  givenBy,
  type RunRecord,
  readRun,
  resolveConfig,
  runFiles,
  scaleToLength,
} from '@mixflow/train'
import { type PresetName, presets, type TrainingConfig } from '@mixflow/zoo'
import { UsageError } from '../terminal/usage-error.ts'

export interface RunRequest {
  /** A preset, or with `resume` the folder of a run. */
  readonly target?: string | undefined
  readonly data?: string | undefined
  readonly method?: string | undefined
  readonly set: readonly string[]
  readonly size?: number | undefined
  readonly badImages?: string | undefined
  /** A share, 0..1. */
  readonly badImagesLimit?: number | undefined
  readonly out?: string | undefined
  readonly runs: string
  readonly resume: boolean
  /** Time that the run may take. */
  readonly hours?: number | undefined
  readonly minutes?: number | undefined
}

export interface RunPlan {
  readonly preset: string | null
  readonly config: TrainingConfig
  readonly folder: string
  readonly resume: boolean
  /** What is still open before the data are: what a person has set, and how long a run may take. Absent where a run goes on. */
  readonly open?: OpenSettings
  /** The command that started the run, where it goes on. */
  readonly command?: string
  /** What it was trained on, where it goes on: bit for bit only there. */
  readonly place?: Place
}

export interface OpenSettings {
  /** `key=value`, in order. */
  readonly given: readonly string[]
  /** Seconds; null without --hours and --minutes. */
  readonly seconds: number | null
}

export type Place = Pick<BackendOptions, 'backend' | 'device'>

/** @throws UsageError where it is not said what to train; MixflowError CONFIG_*, TRAIN_RESUME_MISMATCH */
export const planRun = (request: RunRequest): Promise<RunPlan> =>
  request.resume ? planResumed(request) : planNew(request)

async function planNew(request: RunRequest): Promise<RunPlan> {
  const { target, data, method, out, runs } = request
  const name = target ?? (data === undefined ? undefined : presetFor(data))
  if (name === undefined) {
    throw new UsageError(
      'what should be trained?',
      'mixflow train quickstart, mixflow train --data <folder of pictures>, or one of mixflow train --list',
    )
  }
  if (target !== undefined && !isPreset(target)) refusePath(target)
  const given = settings(request)
  const { preset, config } = resolveConfig({ preset: name, method, set: given })
  const seconds = secondsOf(request)
  if (seconds !== null && givenBy(given)('totalImages')) {
    throw new UsageError(
      '--hours and --minutes say how long the run is, and so does totalImages',
      'leave one of them out',
    )
  }
  const words = [preset.replaceAll('/', '-'), ...(method === undefined ? [] : [method])]
  const folder = out ?? freeRunFolder(runs, words.join('-'))
  if (isRun(folder)) {
    throw new MixflowError('TRAIN_RESUME_MISMATCH', `${folder} holds a run already`, {
      hint: 'go on with it: --resume; or train into another folder: --out <folder>',
      details: { folder },
    })
  }
  const fitted = scaleToLength(config, presets[preset].config.totalImages, givenBy(given))
  return { preset, config: fitted, folder, resume: false, open: { given, seconds } }
}

/** Of --hours and --minutes together; null without them. */
function secondsOf({ hours, minutes }: RunRequest): number | null {
  if (hours === undefined && minutes === undefined) return null
  const seconds = 3600 * (hours ?? 0) + 60 * (minutes ?? 0)
  if (seconds >= 1) return seconds
  throw new UsageError(`${seconds} s are no time to train in`, 'for example --minutes 20, or --hours 1.5')
}

/** A path where a preset's name belongs. */
function refusePath(target: string): void {
  if (isRun(target)) {
    throw new UsageError(`${target} is the folder of a run`, `go on with it: mixflow train ${target} --resume`)
  }
  // `zoo/mnits` is a misspelt preset, `./photos` and `pictures/mine` are none.
  const isMisspelt = !/^\.{0,2}[/\\]/.test(target) && nearest(target, Object.keys(presets)) !== undefined
  if (existsSync(target) || (/[/\\]/.test(target) && !isMisspelt)) {
    throw new UsageError(`${target} is no preset`, `if these are pictures to train on: mixflow train --data ${target}`)
  }
}

async function planResumed(request: RunRequest): Promise<RunPlan> {
  if (secondsOf(request) !== null) {
    throw new UsageError(
      '--hours and --minutes plan a new run',
      'say how many images: --resume --set totalImages=<images>',
    )
  }
  if (request.method !== undefined) {
    throw new UsageError('a run goes on with the method that it began with', 'leave --method or --resume out')
  }
  const folder = await resumedFolder(request)
  const { preset, config, command, ...before } = await readRun(folder)
  const { target } = request
  if (target !== undefined && isPreset(target) && preset !== target) {
    throw new MixflowError('TRAIN_RESUME_MISMATCH', `the run in ${folder} is one of "${preset}", not of "${target}"`, {
      hint: `mixflow train --out ${folder} --resume`,
      details: { folder, preset },
    })
  }
  const changed = changeConfig(config, { set: settings(request), preset: preset ?? 'quickstart' })
  return { preset, config: changed, folder, resume: true, command, ...placeBefore(before) }
}

/** Programs may train on backends that the command does not know. */
function placeBefore(record: Pick<RunRecord, 'backend' | 'device'>): { readonly place?: Place } {
  const backend = backendNames.find(name => name === record.backend)
  const device = deviceNames.find(name => name === record.device)
  return backend === undefined ? {} : { place: { backend, ...(device === undefined ? {} : { device }) } }
}

async function resumedFolder({ target, data, out, runs }: RunRequest): Promise<string> {
  if (target !== undefined && !isPreset(target)) {
    if (isRun(target) && out === undefined) return target
    if (existsSync(target)) throw new UsageError(`${target} is neither a preset nor a run to go on with`)
    checkWord(target, Object.keys(presets), { what: 'preset', code: 'CONFIG_UNKNOWN_PRESET' })
  }
  if (out !== undefined) return out
  const preset = target ?? (data === undefined ? undefined : presetFor(data))
  const found = await newestRun(runs, preset)
  if (found !== null) return found
  const what = preset === undefined ? 'run' : `run of "${preset}"`
  throw new MixflowError('TRAIN_RESUME_MISMATCH', `there is no ${what} in ${runs} to go on with`, {
    hint: 'leave --resume out to start one, or name its folder: --out <folder>',
    details: { runs, preset },
  })
}

/** The run that was last worked on, of a preset if one is given. */
async function newestRun(runs: string, preset: string | undefined): Promise<string | null> {
  const names = await readdir(runs).catch(() => [])
  let newest: { folder: string; time: number } | null = null
  for (const folder of names.map(name => join(runs, name)).filter(isRun)) {
    const run = await readRun(folder).catch(() => null)
    if (run === null || (preset !== undefined && run.preset !== preset)) continue
    const time = await lastChange(folder)
    if (newest === null || time > newest.time) newest = { folder, time }
  }
  return newest?.folder ?? null
}

async function lastChange(folder: string): Promise<number> {
  const times = [runFiles.config, runFiles.metrics].map(async name => {
    const file = await stat(join(folder, name)).catch(() => null)
    return file?.mtimeMs ?? 0
  })
  return Math.max(...(await Promise.all(times)))
}

const isRun = (folder: string): boolean => existsSync(join(folder, runFiles.config))

const isPreset = (name: string): name is PresetName => Object.hasOwn(presets, name)

/** The preset made for a data set; anything else is one's own pictures. */
export function presetFor(data: string): PresetName {
  const name = data.split(':')[0] as string
  const own = (Object.keys(presets) as PresetName[]).find(preset => presets[preset].config.data === name)
  return own ?? 'photos'
}

/** Options that stand for settings come first, so that --set has the last word. */
const settings = ({ data, size, badImages, badImagesLimit, set }: RunRequest): readonly string[] => [
  ...(data === undefined ? [] : [`data=${JSON.stringify(data)}`]),
  ...(size === undefined ? [] : [`size=${size}`]),
  ...(badImages === undefined ? [] : [`badImages=${badImages}`]),
  ...(badImagesLimit === undefined ? [] : [`badImagesLimit=${badImagesLimit}`]),
  ...set,
]
