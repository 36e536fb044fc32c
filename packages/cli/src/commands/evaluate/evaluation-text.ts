/** An evaluation as tables, aligned for a terminal or in Markdown: measures of the samples by setting, curvature, and flow loss by time. */

import { type MeanLoss, markdownText, printableName } from '@mixflow/core/internal'
import type { Measure, SettingMeasures } from '@mixflow/measure'
import { formatCount, formatNumber } from '@mixflow/train'
import { markdownTable, table } from '../../terminal/text.ts'
import type { EvaluationResult, SampleFacts } from './evaluation.ts'

/** A paragraph or a table. */
type Block = string | readonly (readonly string[])[]

export const evaluationText = (result: EvaluationResult): string =>
  blocks(result)
    .map(block => (typeof block === 'string' ? printableName(block) : table(block).join('\n')))
    .join('\n\n')

export function evaluationMarkdown(
  result: EvaluationResult,
  { chart, neighbours }: { /** File name. */ readonly chart: string | null; readonly neighbours: string },
): string {
  const parts = blocks(result).map(block => {
    if (typeof block === 'string') return markdownText(block)
    const [head = [], ...rows] = block.map(cells => cells.map(markdownText))
    return markdownTable(head, rows)
  })
  const image = chart === null ? '' : `![${markdownText(chartTitle(result.settings))}](${chart})`
  return `# Evaluation\n\n${[...parts, image, neighbours].filter(text => text !== '').join('\n\n')}\n`
}

export const chartTitle = (settings: readonly SettingMeasures[]): string =>
  settings[0]?.measures[0] === undefined ? '' : `${settings[0].measures[0].label} by NFE`

function blocks(result: EvaluationResult): Block[] {
  const { subject, seed, samples, settings, loss, trajectories } = result
  const { source, step, imagesSeen, device } = subject
  return [
    `${source}: step ${formatCount(step)}, ${formatCount(imagesSeen)} images seen; seed ${seed}, ${device}`,
    ...(samples === null || settings.length === 0 ? [] : sampleBlocks(samples, settings)),
    ...(trajectories === null ? [] : trajectoryBlocks(trajectories, result.mixtureWeight)),
    ...(loss === null ? [] : lossBlocks(loss)),
  ]
}

// ---- samples -------------------------------------------------------------------------------------------------------

/** What was sampled and compared, as one sentence without a full stop. */
export function samplesText(samples: SampleFacts, settings: readonly Pick<SettingMeasures, 'setting'>[]): string {
  const { n, ranges, extractor, reference, guidance } = samples
  const { name, sha256, rounding, resize } = extractor
  const steps = `${rounding}${resize === 'none' ? '' : `, resize ${resize}`}`
  const { label, mixtureWeight, gridPower, tolerance } = Object.assign({}, ...settings.map(({ setting }) => setting))
  const options = { guidance: guidance ?? undefined, label, w: mixtureWeight, 'grid power': gridPower, tolerance }
  return [
    ranges === 1 ? `${formatCount(n)} images` : `mean ± spread over ${ranges} ranges of ${formatCount(n)} images`,
    ...(reference === null
      ? []
      : [`against ${formatCount(reference.count)} images of ${reference.data} (${reference.split})`]),
    `features of ${name} (${sha256.slice(0, 8)}, ${steps})`,
    ...Object.entries(options).flatMap(([key, value]) => (value === undefined ? [] : [`${key} ${value ?? 'none'}`])),
  ].join(', ')
}

function sampleBlocks(samples: SampleFacts, settings: readonly SettingMeasures[]): Block[] {
  const rows = settings.map(({ setting, nfe, steps, measures }) => [
    setting.solver ?? 'model default',
    formatCost(steps),
    formatCost(nfe),
    ...measures.map(formatMeasure),
  ])
  return [
    samplesText(samples, settings),
    [['solver', 'steps', 'NFE', ...settings[0]!.measures.map(({ label }) => label)], ...rows],
    ...(samples.left.length === 0 ? [] : [`Skipped: ${samples.left.map(({ reason }) => reason).join('; ')}.`]),
  ]
}

/** NFE or steps; a mean over images, and so not an integer, for adaptive solvers. */
export const formatCost = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(1))

export function formatMeasure({ metric, mean, deviation }: Measure): string {
  if (metric === 'near-copies') return `${(100 * mean).toFixed(2)} %`
  if (metric === 'label-accuracy') return `${(100 * mean).toFixed(1)} %`
  if (deviation === null || !(deviation > 0)) return formatNumber(mean)
  // as many decimals as two digits of the deviation have
  const decimals = Math.max(0, 1 - Math.floor(Math.log10(deviation)))
  return `${mean.toFixed(decimals)} ± ${deviation.toFixed(decimals)}`
}

// ---- trajectories and loss -----------------------------------------------------------------------------------------

function trajectoryBlocks(
  { mean, standardDeviation, trajectories, steps, byTime }: NonNullable<EvaluationResult['trajectories']>,
  mixtureWeight: number,
): Block[] {
  return [
    `curvature ${formatNumber(mean)}, standard deviation ${formatNumber(standardDeviation)} over ${formatCount(trajectories)} ` +
      `trajectories of ${formatCount(steps)} Euler steps from ${sourceName(mixtureWeight)}, without guidance`,
    [
      ['t', 'squared distance to the straight path'],
      ...byTime.map(({ from, to, value }) => [span(from, to), formatNumber(value)]),
    ],
  ]
}

function lossBlocks({ images, data, flowLoss }: NonNullable<EvaluationResult['loss']>): Block[] {
  const split = data.split === 'test' ? 'test split' : 'training images, as it has no test split'
  const measured = ({ loss, standardError }: MeanLoss) => `${formatNumber(loss)} ± ${formatNumber(standardError)}`
  const rows = flowLoss[0]?.bins.map(({ from, to }, bin) => [
    span(from, to),
    ...flowLoss.map(({ bins }) => measured(bins[bin]!)),
  ])
  return [
    `flow loss by time, ± standard error, on ${formatCount(images)} images of ${data.name} (${split}), without guidance`,
    [
      ['t', ...flowLoss.map(({ mixtureWeight: w }) => `from ${sourceName(w)}`)],
      ...(rows ?? []),
      ['all', ...flowLoss.map(measured)],
    ],
  ]
}

const formatTime = (t: number) => String(Number(t.toFixed(4)))

const span = (from: number, to: number) => `${formatTime(from)}–${formatTime(to)}`

const sourceName = (w: number) => (w === 0 ? 'N(0, I)' : `κ-FC at w = ${w}`)
