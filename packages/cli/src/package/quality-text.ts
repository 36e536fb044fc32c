/**
 * How good a model was measured to be, for its card: each solver at each number of evaluations, beside its twin; and how long an
 * image takes.
 */

import { markdownCode, markdownText } from '@mixflow/core/internal'
import { formatCount, formatNumber } from '@mixflow/train'
import type { SampleFacts } from '../evaluate/evaluation.ts'
import { formatCost, formatMeasure, sampleWords } from '../evaluate/evaluation-text.ts'
import { markdownTable } from '../terminal/markdown-table.ts'
import type { PackagedEvaluation, QualityRecord, Twin } from './quality-record.ts'
import { speedText } from './speed-text.ts'

/** Markdown; empty where nothing was measured. */
export function qualityText({ evaluations, twin, speed }: QualityRecord): string {
  return [
    ...(twin === null ? [] : [twinWords(twin)]),
    ...evaluations.filter(({ settings }) => settings.length > 0).flatMap(each => sampleParts(each, twin)),
    ...curvatureParts(evaluations, twin),
    ...(speed.length === 0 ? [] : [speedText(speed)]),
  ].join('\n\n')
}

const twinWords = ({ name }: Twin) =>
  `Its twin is ${markdownCode(name)}: the same network, data, seed and number of images, trained as a plain rectified flow, without the mixture.`

function sampleParts(evaluation: PackagedEvaluation, twin: Twin | null): string[] {
  const { samples, settings } = evaluation
  const labels = settings[0]!.measures.map(({ label }) => label)
  const rows = settings.map(({ setting, nfe, measures }) => [
    markdownText(setting.solver ?? 'as the model'),
    formatCost(nfe),
    ...measures.flatMap(measure => [
      formatMeasure(measure),
      ...(twin === null ? [] : [ofTwin(twin, { setting, nfe, label: measure.label, samples: samples! })]),
    ]),
  ])
  const head = [
    'solver',
    'NFE',
    ...labels.map(markdownText).flatMap(label => (twin === null ? [label] : [label, 'of the twin'])),
  ]
  return [`${markdownText(sampleWords(samples!, settings))}:`, markdownTable(head, rows)]
}

interface Wanted extends Pick<PackagedEvaluation['settings'][number], 'setting' | 'nfe'> {
  readonly label: string
  readonly samples: SampleFacts
}

/** What was measured alike: in all that the samples were made with. */
function ofTwin({ evaluations }: Twin, { setting, nfe, label, samples }: Wanted): string {
  const alike = evaluations.filter(other => other.samples?.guidance === samples.guidance)
  const same = alike
    .flatMap(({ settings }) => settings)
    .filter(other => JSON.stringify(other.setting) === JSON.stringify(setting) && other.nfe === nfe)
  const measure = same.flatMap(({ measures }) => measures).find(each => each.label === label)
  return measure === undefined ? '' : formatMeasure(measure)
}

function curvatureParts(evaluations: readonly PackagedEvaluation[], twin: Twin | null): string[] {
  const own = curvatureOf(evaluations)
  if (own === null) return []
  const other = twin && curvatureOf(twin.evaluations)
  const beside = other === null ? '' : `; of the twin ${formatNumber(other.mean)}`
  return [
    `Curvature of ${formatCount(own.trajectories)} trajectories in ${formatCount(own.steps)} Euler steps: ${formatNumber(own.mean)}${beside}.`,
  ]
}

const curvatureOf = (evaluations: readonly PackagedEvaluation[]) =>
  evaluations.find(({ trajectories }) => trajectories !== null)?.trajectories ?? null
