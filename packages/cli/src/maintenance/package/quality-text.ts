/** The measures of a model for its card, as Markdown: each solver and NFE next to the baseline, curvature, and the time per image. */

import { markdownCode, markdownText } from '@mixflow/core/internal'
import { formatCount, formatNumber } from '@mixflow/train'
import type { SampleFacts } from '../../commands/evaluate/evaluation.ts'
import { formatCost, formatMeasure, samplesText } from '../../commands/evaluate/evaluation-text.ts'
import { markdownTable } from '../../terminal/text.ts'
import type { Baseline, PackagedEvaluation, QualityRecord, SpeedRecord } from './quality.ts'

/** Empty where nothing was measured. */
export function qualityText({ evaluations, baseline, speed }: QualityRecord): string {
  return [
    ...(baseline === null ? [] : [baselineText(baseline)]),
    ...evaluations.filter(({ settings }) => settings.length > 0).flatMap(each => samplesParts(each, baseline)),
    ...curvatureParts(evaluations, baseline),
    ...(speed.length === 0 ? [] : [speedText(speed)]),
  ].join('\n\n')
}

const baselineText = ({ name }: Baseline) =>
  `Its baseline is ${markdownCode(name)}, a rectified flow with the same network, data, seed and number of images.`

function samplesParts({ samples, settings }: PackagedEvaluation, baseline: Baseline | null): string[] {
  const labels = settings[0]!.measures.map(({ label }) => markdownText(label))
  const rows = settings.map(({ setting, nfe, measures }) => [
    markdownText(setting.solver ?? 'model default'),
    formatCost(nfe),
    ...measures.flatMap(measure => [
      formatMeasure(measure),
      ...(baseline === null ? [] : [ofBaseline(baseline, { setting, nfe, label: measure.label, samples: samples! })]),
    ]),
  ])
  const columns = labels.flatMap(label => (baseline === null ? [label] : [label, 'baseline']))
  return [`${markdownText(samplesText(samples!, settings))}:`, markdownTable(['solver', 'NFE', ...columns], rows)]
}

interface MeasuredAs extends Pick<PackagedEvaluation['settings'][number], 'setting' | 'nfe'> {
  readonly label: string
  readonly samples: SampleFacts
}

/** The same measure with the same sampling options; empty where there is none. */
function ofBaseline({ evaluations }: Baseline, { setting, nfe, label, samples }: MeasuredAs): string {
  const measure = evaluations
    .filter(other => other.samples?.guidance === samples.guidance)
    .flatMap(({ settings }) => settings)
    .filter(other => JSON.stringify(other.setting) === JSON.stringify(setting) && other.nfe === nfe)
    .flatMap(({ measures }) => measures)
    .find(each => each.label === label)
  return measure === undefined ? '' : formatMeasure(measure)
}

function curvatureParts(evaluations: readonly PackagedEvaluation[], baseline: Baseline | null): string[] {
  const found = curvatureOf(evaluations)
  if (found === null) return []
  const other = baseline && curvatureOf(baseline.evaluations)
  const { trajectories, steps, mean } = found
  return [
    `Curvature of ${formatCount(trajectories)} trajectories in ${formatCount(steps)} Euler steps: ${formatNumber(mean)}${
      other === null ? '' : `; baseline ${formatNumber(other.mean)}`
    }.`,
  ]
}

const curvatureOf = (evaluations: readonly PackagedEvaluation[]) =>
  evaluations.find(({ trajectories }) => trajectories !== null)?.trajectories ?? null

// ---- speed ---------------------------------------------------------------------------------------------------------

/** One row per solver and NFE, one column per runtime. */
function speedText(records: readonly SpeedRecord[]): string {
  const settings = new Map(
    records.flatMap(({ times }) => times).map(({ solver, nfe }) => [`${solver} ${nfe}`, { solver, nfe }]),
  )
  const rows = [...settings.values()].map(({ solver, nfe }) => [
    markdownText(solver),
    formatCost(nfe),
    ...records.map(({ times }) => {
      const same = times.find(each => each.solver === solver && each.nfe === nfe)
      return same === undefined ? '' : formatMilliseconds(same.milliseconds)
    }),
  ])
  return [
    'Milliseconds per image:',
    markdownTable(['solver', 'NFE', ...records.map(record => markdownText(runtimeText(record)))], rows),
    markdownText(records.map(conditionsText).join(' ')),
  ].join('\n\n')
}

const runtimeText = ({ device, runtime }: SpeedRecord): string => `${device === 'cpu' ? 'CPU' : device} (${runtime})`

/** Two significant digits, or an integer. */
const formatMilliseconds = (value: number): string =>
  value >= 10 ? formatCount(Math.round(value)) : String(Number(value.toPrecision(2)))

function conditionsText(record: SpeedRecord): string {
  const { machine, batchSize, rounds, dtype } = record
  const { processor, cores, threads } = machine
  const used = `${threads === 1 ? '1 thread' : `${threads} threads`}, ${cores === 1 ? '1 core' : `${cores} cores`}`
  const batch = batchSize === 1 ? 'one image at a time' : `batches of ${formatCount(batchSize)} images`
  return `${runtimeText(record)}: ${dtype} parameters on ${processor} (${used}), ${batch}, median of ${formatCount(rounds)} calls.`
}
