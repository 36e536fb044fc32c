/** `mixflow train … --dry-run`: what would be done, how large it is, and what it would cost on this machine. */

import {
  backendInUse,
  type Dataset,
  estimateRun,
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  latestCheckpoint,
  lengthChange,
  storedConfig,
} from '@mixflow/train'
import { jsonText } from '../terminal/json-text.ts'
import { table } from '../terminal/table.ts'
import type { RunPlan } from './plan-run.ts'

export interface DryRun {
  readonly json: boolean
  readonly signal: AbortSignal
}

export async function dryRun(plan: RunPlan, data: Dataset, { json, signal }: DryRun): Promise<string> {
  const { preset, config, folder, resume } = plan
  const from = resume ? (await latestCheckpoint(folder))?.record : undefined
  const startImages = from?.imagesSeen ?? 0
  const change = from === undefined ? null : lengthChange(storedConfig(from.config), config, startImages)
  const estimate = await estimateRun({ config, data, startImages, signal })
  const { name, count, channels, height, width, classNames } = data
  const dataset = { name, images: count, channels, height, width, classes: classNames?.length ?? null }
  if (json) return jsonText({ preset, folder, resume, startImages, dataset, ...estimate, config })

  const { parameters, imagesPerSecond, measuredSteps, rounds, busy, totalSeconds, gridSeconds, peakMemoryBytes } =
    estimate
  const left = Math.max(0, config.totalImages - startImages)
  const doubt = busy
    ? `; measured twice (${rounds.map(formatNumber).join(' and ')}) while other programs used this machine: alone, it is faster`
    : ''
  const network = (kind: string | undefined, size: number) => `${kind}, ${formatCount(size)} parameters`
  const facts = [
    ['preset', preset ?? '(none)'],
    ['folder', `${folder} (${resume ? `goes on after ${formatCount(startImages)} images` : 'new'})`],
    ['data', `${formatCount(count)} images of ${name}, ${channels}×${height}×${width}, ${classesText(classNames)}`],
    ['denoiser', network(config.denoiser.kind, parameters.denoiser)],
    ['encoder', config.encoder === null ? 'none' : network(config.encoder.kind, parameters.encoder)],
    ['length', lengthText({ left, batchSize: config.batchSize, count })],
    ...(change === null ? [] : [['', change]]),
    [
      'speed',
      `${formatNumber(imagesPerSecond)} images/s, the best of ${measuredSteps} steps on ${backendInUse().text}${doubt}`,
    ],
    ['time', `${formatDuration(totalSeconds)}, with sample grids of ${formatDuration(gridSeconds)} each`],
    ['memory', `${formatBytes(peakMemoryBytes)} at the peak`],
  ]
  return [...table(facts), '', 'settings, to be changed with --set key=value:', jsonText(config)].join('\n')
}

const classesText = (names: readonly string[] | null) => (names === null ? 'no classes' : `${names.length} classes`)

function lengthText({ left, batchSize, count }: { left: number; batchSize: number; count: number }): string {
  const steps = Math.ceil(left / batchSize)
  return `${formatCount(left)} images: ${formatCount(steps)} steps of ${batchSize}, ${formatNumber(left / count)} epochs`
}
