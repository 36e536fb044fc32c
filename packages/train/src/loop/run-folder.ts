/**
 * Where a run keeps what it makes: `config.json`, `data.json`, `metrics.jsonl`, `samples/`, `checkpoints/`, `report.html`. A folder
 * with a run in it is never overwritten: either it is resumed, or another one is used.
 */

import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { parseStrictJson } from '@mixflow/core/internal'
import { diskError, makeFolder, readRegularText, writeFileDurably } from '@mixflow/files'
import type { TrainingConfig } from '@mixflow/zoo'
import { z } from 'zod'
import { storedConfig } from '../config/stored-config.ts'
import type { DataReport } from '../data/data-report.ts'

export const runFiles = {
  config: 'config.json',
  /** What it is trained on: a `DataReport`, with every file that was left out. */
  data: 'data.json',
  metrics: 'metrics.jsonl',
  samples: 'samples',
  report: 'report.html',
} as const

/** What `config.json` holds. */
export interface RunRecord {
  readonly preset: string | null
  readonly config: TrainingConfig
  /** The command that started the run, to show in reports and model cards. */
  readonly command: string
  /** What it was trained on last, as `useBackend` knows it: `onnx`. */
  readonly backend?: string
  /** Of `onnx`: where it ran. */
  readonly device?: string
  readonly machine?: { readonly processor: string; readonly cores: number; readonly node: string }
}

/** @throws MixflowError TRAIN_RESUME_MISMATCH if there is a run in the folder already; OUTPUT_DISK. */
export async function startRun(folder: string, record: RunRecord): Promise<void> {
  if (existsSync(join(folder, runFiles.config))) {
    throw new MixflowError('TRAIN_RESUME_MISMATCH', `${folder} holds a run already`, {
      hint: 'go on with it: --resume; or train into another folder: --out <folder>',
      details: { folder },
    })
  }
  await makeFolder(join(folder, runFiles.samples))
  await recordRun(folder, record)
}

/** Writes `config.json`: of a new run, or of one that goes on with settings changed. */
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
    throw new MixflowError('TRAIN_RESUME_MISMATCH', `${folder} holds no run to go on with (${path} cannot be read)`, {
      hint: 'leave --resume out to start a new run there',
      details: { folder },
      cause,
    })
  }
  const { config, ...record } = parsed(text, path)
  return { ...record, config: storedConfig(config) }
}

const runRecord = z.object({
  preset: z.string().nullable(),
  command: z.string(),
  config: z.unknown(),
  backend: z.string().exactOptional(),
  device: z.string().exactOptional(),
  machine: z.object({ processor: z.string(), cores: z.int(), node: z.string() }).exactOptional(),
})

function parsed(text: string, path: string): z.infer<typeof runRecord> {
  try {
    return runRecord.parse(parseStrictJson(text, { what: path, code: 'CONFIG_INVALID' }))
  } catch (cause) {
    throw new MixflowError('CONFIG_INVALID', `${path} is damaged: it is not the record of a run`, {
      hint: 'restore it from a copy (each checkpoint has the settings, too), or start a run in another folder',
      details: { path },
      cause,
    })
  }
}

/** The first of `name`, `name-2`, `name-3`, … under `root` that holds no run. */
export function freeRunFolder(root: string, name: string): string {
  for (let i = 1; ; i++) {
    const folder = join(root, i === 1 ? name : `${name}-${i}`)
    if (!existsSync(join(folder, runFiles.config))) return folder
  }
}

/** One logged step. */
export interface MetricsLine {
  readonly step: number
  readonly imagesSeen: number
  readonly seconds: number
  readonly loss: number
  readonly flowLoss: number
  readonly kl: number
  readonly gradientNorm: number
  readonly learningRate: number
  readonly imagesPerSecond: number
}

export function appendMetrics(folder: string, line: MetricsLine): void {
  const path = join(folder, runFiles.metrics)
  try {
    appendFileSync(path, `${JSON.stringify(line)}\n`)
  } catch (error) {
    throw diskError(path, error)
  }
}

/** Forgets what was logged after a step, as a resumed run does it again. A last line that was cut short goes, too. */
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
