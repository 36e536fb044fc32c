/** `mixflow train … --dry-run`: the settings, the size of the networks, and the measured time and memory. */

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
import { jsonText, table } from '../../terminal/text.ts'
import type { RunPlan } from './plan-run.ts'

export async function dryRun(
  { preset, config, folder, resume }: RunPlan,
  data: Dataset,
  { json, signal }: { readonly json: boolean; readonly signal: AbortSignal },
): Promise<string> {
  const from = resume ? (await latestCheckpoint(folder))?.record : undefined
  const startImages = from?.imagesSeen ?? 0
  const change = from === undefined ? null : lengthChange(storedConfig(from.config), config, startImages)
  const estimate = await estimateRun({ config, data, startImages, signal })
  const { name, count, channels, height, width, classNames } = data
  const dataset = { name, images: count, channels, height, width, classes: classNames?.length ?? null }
  if (json) return jsonText({ preset, folder, resume, startImages, dataset, ...estimate, config })

  const { parameters, imagesPerSecond, measuredSteps, rounds, busy } = estimate
  const { totalSeconds, gridSeconds, peakMemoryBytes } = estimate
  const { batchSize, denoiser, encoder } = config
  const left = Math.max(0, config.totalImages - startImages)
  const steps = `${formatCount(Math.ceil(left / batchSize))} steps of ${batchSize}`
  const busyNote = busy
    ? `; measured twice (${rounds.map(formatNumber).join(' and ')}) while other programs were running; faster on an idle machine`
    : ''
  const network = (kind: string, size: number) => `${kind}, ${formatCount(size)} parameters`
  const classes = classNames === null ? 'no classes' : `${classNames.length} classes`
  return [
    ...table([
      ['preset', preset ?? '(none)'],
      ['folder', `${folder} (${resume ? `resumes after ${formatCount(startImages)} images` : 'new'})`],
      ['data', `${formatCount(count)} images of ${name}, ${channels}×${height}×${width}, ${classes}`],
      ['denoiser', network(denoiser.kind, parameters.denoiser)],
      ['encoder', encoder === null ? 'none' : network(encoder.kind, parameters.encoder)],
      ['length', `${formatCount(left)} images: ${steps}, ${formatNumber(left / count)} epochs`],
      ...(change === null ? [] : [['', change]]),
      [
        'speed',
        `${formatNumber(imagesPerSecond)} images/s, best of ${measuredSteps} steps on ${backendInUse().text}${busyNote}`,
      ],
      ['time', `${formatDuration(totalSeconds)}, including sample grids of ${formatDuration(gridSeconds)} each`],
      ['memory', `${formatBytes(peakMemoryBytes)} peak`],
    ]),
    '',
    'settings (change with --set key=value):',
    jsonText(config),
  ].join('\n')
}
