/**
 * Reads `metrics.jsonl` as a run left it. A killed run may have cut its last line short, and one that was resumed may
 * have logged a step twice: lines that cannot be read are passed over, and of a step the last line counts.
 */
import { join } from 'node:path'
import { readRegularText } from '@mixflow/files'
import { type MetricsLine, runFiles } from '../loop/run-folder.ts'

const keys = [
  'step',
  'imagesSeen',
  'seconds',
  'loss',
  'flowLoss',
  'kl',
  'gradientNorm',
  'learningRate',
  'imagesPerSecond',
] as const satisfies readonly (keyof MetricsLine)[]

/** Empty where there is no file yet. */
export async function readMetrics(folder: string): Promise<MetricsLine[]> {
  try {
    return parseMetrics(await readRegularText(join(folder, runFiles.metrics)))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** In order of steps. A value that is missing or no number is NaN. */
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
  const numbers = keys.map(key => [key, typeof record[key] === 'number' ? record[key] : Number.NaN])
  return Object.fromEntries(numbers) as MetricsLine
}
