/**
 * An evaluation as tables: aligned for a terminal, or as Markdown. A table of the settings, one row each, with what was spent; the
 * flow loss by time of each source; curvature, and the same by time.
 */

import { type MeanLoss, markdownText, printableName } from '@mixflow/core/internal'
import type { Measure, SampleSetting, SettingMeasures } from '@mixflow/measure'
import { formatCount, formatNumber } from '@mixflow/train'
import { markdownTable } from '../terminal/markdown-table.ts'
import { table } from '../terminal/table.ts'
import type { EvaluationResult, SampleFacts } from './evaluation.ts'

type Block = string | readonly (readonly string[])[]

export function evaluationText(result: EvaluationResult): string {
  return blocks(result)
    .map(block => (typeof block === 'string' ? printableName(block) : table(block).join('\n')))
    .join('\n\n')
}

export interface Shown {
  /** File of the speed–quality curve; null without one. */
  readonly curve: string | null
  /** The part about nearest neighbours; may be empty. */
  readonly neighbours: string
}

export function evaluationMarkdown(result: EvaluationResult, { curve, neighbours }: Shown): string {
  const parts = blocks(result).map(block => {
    if (typeof block === 'string') return markdownText(block)
    const [head = [], ...rows] = block.map(cells => cells.map(markdownText))
    return markdownTable(head, rows)
  })
  const picture = curve === null ? '' : `![${markdownText(pictureTitle(result))}](${curve})`
  const shown = [...parts, picture, neighbours].filter(text => text !== '')
  return `# Evaluation\n\n${shown.join('\n\n')}\n`
}

/** The first measure that compares with data, else the first there is. */
export function pictureTitle({ settings }: EvaluationResult): string {
  const measure = settings[0]?.measures[0]
  return measure === undefined ? '' : `${measure.label} by evaluations`
}

function blocks(result: EvaluationResult): Block[] {
  const { subject, seed, samples, settings, loss, trajectories } = result
  const { place, step, imagesSeen, device } = subject
  return [
    `${place}: step ${formatCount(step)}, ${formatCount(imagesSeen)} images seen; seed ${seed}, ${device}`,
    ...(samples === null || settings.length === 0 ? [] : sampleBlocks(samples, settings)),
    ...(trajectories === null ? [] : trajectoryBlocks(result)),
    ...(loss === null ? [] : lossBlocks(loss)),
  ]
}

// ---- samples -------------------------------------------------------------------------------------------------------

/** What the measures of samples are of, in one sentence without its full stop. */
export function sampleWords(samples: SampleFacts, settings: readonly Pick<SettingMeasures, 'setting'>[]): string {
  const { n, ranges, extractor, reference } = samples
  const compared =
    reference && `against ${formatCount(reference.count)} images of ${reference.data} (${reference.split})`
  const over =
    ranges === 1 ? `${formatCount(n)} images` : `mean ± spread over ${ranges} ranges of ${formatCount(n)} images`
  const steps = `${extractor.rounding}${extractor.resize === 'none' ? '' : `, resize ${extractor.resize}`}`
  const common = settings.reduce((all, { setting }) => ({ ...all, ...setting }), {})
  const features = `features of ${extractor.name} (${extractor.sha256.slice(0, 8)}, ${steps})`
  return [over, compared, features, ...sampledWith(samples, common)].filter(Boolean).join(', ')
}

function sampleBlocks(samples: SampleFacts, settings: readonly SettingMeasures[]): Block[] {
  const { left } = samples
  const labels = settings[0]!.measures.map(({ label }) => label)
  return [
    sampleWords(samples, settings),
    [
      ['solver', 'steps', 'NFE', ...labels],
      ...settings.map(({ setting, nfe, steps, measures }) => [
        setting.solver ?? 'as the model',
        formatCost(steps),
        formatCost(nfe),
        ...measures.map(formatMeasure),
      ]),
    ],
    ...(left.length === 0 ? [] : [`Left out: ${left.map(({ reason }) => reason).join('; ')}.`]),
  ]
}

/** What all settings were sampled with, guidance also where it is the model's own. */
const sampledWith = (
  { guidance }: SampleFacts,
  { label, mixtureWeight, gridPower, tolerance }: SampleSetting,
): string[] =>
  Object.entries({ guidance, label, w: mixtureWeight, 'grid power': gridPower, tolerance }).flatMap(([name, value]) =>
    value === undefined || (name === 'guidance' && value === null) ? [] : [`${name} ${value ?? 'none'}`],
  )

/** Evaluations and steps are whole, but for adaptive solvers, whose mean is over the images. */
export const formatCost = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(1))

export function formatMeasure({ metric, mean, deviation }: Measure): string {
  if (metric === 'near-copies') return `${(100 * mean).toFixed(2)} %`
  if (metric === 'label-accuracy') return `${(100 * mean).toFixed(1)} %`
  if (deviation === null || !(deviation > 0)) return formatNumber(mean)
  // two digits of the spread say how far to trust the mean
  const decimals = Math.max(0, 1 - Math.floor(Math.log10(deviation)))
  return `${mean.toFixed(decimals)} ± ${deviation.toFixed(decimals)}`
}

// ---- trajectories --------------------------------------------------------------------------------------------------

function trajectoryBlocks({ trajectories, mixtureWeight }: EvaluationResult): Block[] {
  const { mean, standardDeviation, trajectories: count, steps, byTime } = trajectories!
  return [
    `curvature ${formatNumber(mean)}, standard deviation ${formatNumber(standardDeviation)} over ${formatCount(count)} ` +
      `trajectories of ${formatCount(steps)} Euler steps from ${sourceName(mixtureWeight)}, without guidance`,
    [
      ['t', 'distance from the straight path'],
      ...byTime.map(({ from, to, value }) => [span(from, to), formatNumber(value)]),
    ],
  ]
}

// ---- loss ----------------------------------------------------------------------------------------------------------

function lossBlocks({ images, data, flowLoss }: NonNullable<EvaluationResult['loss']>): Block[] {
  const half = data.split === 'test' ? 'the test part' : 'training images: it has no test part'
  const measured = ({ loss, standardError }: MeanLoss) => `${formatNumber(loss)} ± ${formatNumber(standardError)}`
  const rows = flowLoss[0]?.bins.map(({ from, to }, bin) => [
    span(from, to),
    ...flowLoss.map(({ bins }) => measured(bins[bin] as MeanLoss)),
  ])
  return [
    `flow loss by time, ± standard error, on ${formatCount(images)} images of ${data.name} (${half}), without guidance`,
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
