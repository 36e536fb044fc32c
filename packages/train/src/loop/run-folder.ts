/**
 * The folder of a run: `config.json`, `data.json`, `metrics.jsonl`, `samples/`, `checkpoints/`, `report.html`, and while a process
 * trains it `run.lock`. A run is never overwritten: it is resumed, or another folder is used.
 */

import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { parseStrictJson } from '@mixflow/core/internal'
import { diskError, type LockOptions, makeFolder, readRegularText, tryLockFile, writeFileDurably } from '@mixflow/files'
import type { TrainingConfig } from '@mixflow/zoo'
import { z } from 'zod'
import { storedConfig } from '../config/resolve-config.ts'
import type { DataReport } from '../data/data-report.ts'

export const runFiles = {
  config: 'config.json',
  /** The `DataReport` of the training data, with every file that was left out. */
  data: 'data.json',
  metrics: 'metrics.jsonl',
  samples: 'samples',
  report: 'report.html',
} as const

const runRecord = z.object({
  preset: z.string().nullable(),
  config: z.unknown(),
  /** The command that started the run, to show in reports and model cards. */
  command: z.string(),
  /** Name of the backend that trained it last: `onnx`. */
  backend: z.string().exactOptional(),
  /** Device of the backend `onnx` or `torch`. */
  device: z.string().exactOptional(),
  /** Precision of products on the backend `torch`, where it is not float32. */
  dtype: z.string().exactOptional(),
  /** The checkpoint whose parameters it started from. */
  from: z.string().exactOptional(),
  machine: z.object({ processor: z.string(), cores: z.int(), node: z.string() }).exactOptional(),
})

/** The contents of `config.json`. */
export type RunRecord = Readonly<Omit<z.infer<typeof runRecord>, 'config'>> & { readonly config: TrainingConfig }

/** Whether there is a run in a folder. */
export const isRun = (folder: string): boolean => existsSync(join(folder, runFiles.config))

/** @throws MixflowError TRAIN_RESUME_MISMATCH if there is a run in the folder already */
export function checkNewRun(folder: string): void {
  if (!isRun(folder)) return
  throw new MixflowError('TRAIN_RESUME_MISMATCH', `${folder} already contains a run`, {
    hint: 'resume it with --resume, or choose another folder with --out <folder>',
    details: { folder },
  })
}

/** @throws MixflowError TRAIN_RESUME_MISMATCH if there is a run in the folder already; OUTPUT_DISK. */
export async function startRun(folder: string, record: RunRecord): Promise<void> {
  checkNewRun(folder)
  await makeFolder(join(folder, runFiles.samples))
  await recordRun(folder, record)
}

/** Writes `config.json`. */
export function recordRun(folder: string, record: RunRecord): Promise<void> {
  return writeFileDurably(join(folder, runFiles.config), `${JSON.stringify(record, null, 2)}\n`)
}

/** Writes `data.json`. */
export function recordData(folder: string, report: DataReport): Promise<void> {
  return writeFileDurably(join(folder, runFiles.data), `${JSON.stringify(report, null, 2)}\n`)
}

/** @throws MixflowError TRAIN_RESUME_MISMATCH if there is no run in the folder, CONFIG_* if its configuration is damaged. */
export async function readRun(folder: string): Promise<RunRecord> {
  const path = join(folder, runFiles.config)
  let text: string
  try {
    text = await readRegularText(path)
  } catch (cause) {
    throw new MixflowError('TRAIN_RESUME_MISMATCH', `there is no run to resume in ${folder} (${path} cannot be read)`, {
      hint: 'leave out --resume to start a new run there',
      details: { folder },
      cause,
    })
  }
  const { config, ...record } = parsed(text, path)
  return { ...record, config: storedConfig(config) }
}

function parsed(text: string, path: string): z.infer<typeof runRecord> {
  try {
    return runRecord.parse(parseStrictJson(text, { what: path, code: 'CONFIG_INVALID' }))
  } catch (cause) {
    throw new MixflowError('CONFIG_INVALID', `${path} is not a valid record of a run`, {
      hint: 'restore it from a copy (each checkpoint contains the settings, too), or start a run in another folder',
      details: { path },
      cause,
    })
  }
}

/** The first of `name`, `name-2`, `name-3`, … under `root` that holds no run. */
export function freeRunFolder(root: string, name: string): string {
  for (let i = 1; ; i++) {
    const folder = join(root, i === 1 ? name : `${name}-${i}`)
    if (!isRun(folder)) return folder
  }
}

const metricsKeys = [
  ...(['step', 'imagesSeen', 'seconds', 'loss', 'flowLoss'] as const),
  ...(['kl', 'gradientNorm', 'learningRate', 'imagesPerSecond'] as const),
]

/** One logged step. */
export type MetricsLine = Readonly<Record<(typeof metricsKeys)[number], number>>

export function appendMetrics(folder: string, line: MetricsLine): void {
  const path = join(folder, runFiles.metrics)
  try {
    appendFileSync(path, `${JSON.stringify(line)}\n`)
  } catch (error) {
    throw diskError(path, error)
  }
}

/**
 * The lines of `metrics.jsonl`; empty if there is no such file yet. Lines that cannot be parsed are skipped, because a killed run
 * may have truncated the last one. Of several lines for one step, the last counts.
 */
export async function readMetrics(folder: string): Promise<MetricsLine[]> {
  try {
    return parseMetrics(await readRegularText(join(folder, runFiles.metrics)))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** In order of steps. Missing values are NaN. */
export function parseMetrics(text: string): MetricsLine[] {
  const steps = new Map<number, MetricsLine>()
  for (const line of text.split('\n')) {
    const metrics = parseLine(line)
    if (metrics !== null) steps.set(metrics.step, metrics)
  }
  return [...steps.values()].sort((a, b) => a.step - b.step)
}

function parseLine(line: string): MetricsLine | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const record = value as Readonly<Record<string, unknown>>
  if (typeof record.step !== 'number' || typeof record.imagesSeen !== 'number') return null
  const numbers = metricsKeys.map(key => [key, typeof record[key] === 'number' ? record[key] : Number.NaN])
  return Object.fromEntries(numbers) as MetricsLine
}

/** Removes the lines after a step, which a resumed run repeats, and a truncated last line. */
export async function trimMetrics(folder: string, step: number): Promise<void> {
  const path = join(folder, runFiles.metrics)
  const text = await readRegularText(path).catch(() => '')
  const kept = text.split('\n').filter(line => {
    try {
      return (JSON.parse(line) as MetricsLine).step <= step
    } catch {
      return false
    }
  })
  await writeFileDurably(path, kept.map(line => `${line}\n`).join(''))
}

interface RunLockOptions extends Pick<LockOptions, 'onWait' | 'intervalMs' | 'staleAfterMs'> {
  readonly folder: string
  readonly resume?: boolean
}

/**
 * Locks a run for this process and returns a function that unlocks it. Creates the folder of a new run. A lock is taken over if
 * its process has ended or, on another machine, if it has not been refreshed for 15 seconds.
 *
 * @throws MixflowError TRAIN_BUSY if the run is locked, by another process or in this one; OUTPUT_DISK
 */
export async function lockRun({ folder, resume = false, ...options }: RunLockOptions): Promise<() => Promise<void>> {
  if (resume && !existsSync(folder)) return async () => {} // there is no run, which resuming reports
  await makeFolder(folder)
  const path = join(folder, 'run.lock')
  const lock = await tryLockFile(path, options).catch(error => {
    throw diskError(path, error)
  })
  if ('release' in lock) return () => lock.release()
  const { pid, host } = lock.owner
  throw new MixflowError('TRAIN_BUSY', `${folder} is being trained by process ${pid} on ${host}`, {
    hint: `wait until it ends, or use another folder; if no such process is training, remove ${path}`,
    details: { folder, pid, host },
  })
}
