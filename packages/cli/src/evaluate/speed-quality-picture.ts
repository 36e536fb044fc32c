/**
 * The speed–quality curve: the first measure of the table over the evaluations that were spent, a line for each solver, with the
 * single ranges as faint dots. An adaptive solver is one point, where its mean evaluations are.
 */

import type { SettingMeasures } from '@mixflow/measure'
import { type Curve, linePicture } from '../pictures/line-picture.ts'
import type { EvaluationResult } from './evaluation.ts'
import { pictureTitle } from './evaluation-text.ts'

/** SVG; null where there is nothing to compare: a single setting, or no samples. */
export function speedQualityPicture(result: EvaluationResult): string | null {
  const { settings } = result
  if (settings.length < 2 || settings[0]!.measures.length === 0) return null
  const solvers = [...new Set(settings.map(({ setting }) => setting.solver ?? 'as the model'))]
  const curves = solvers.map((solver, i): Curve => {
    const own = settings.filter(({ setting }) => (setting.solver ?? 'as the model') === solver)
    const sorted = [...own].sort((a, b) => a.nfe - b.nfe)
    return {
      ...{ name: solver, color: i, dashed: false },
      points: sorted.map(each => ({ x: each.nfe, y: each.measures[0]!.mean })),
      faint: sorted.flatMap(each => rangeValues(each).map(y => ({ x: each.nfe, y }))),
    }
  })
  const lowerIsBetter = ['fd', 'near-copies'].includes(settings[0]!.measures[0]!.metric)
  const better = lowerIsBetter ? 'lower is better' : 'higher is better'
  return linePicture({
    ...{ title: `${pictureTitle(result)} (${better})`, xTitle: 'evaluations of the network per image' },
    ...{ xTicks: [...new Set(settings.map(({ nfe }) => Math.round(nfe)))], xScale: 'log', yScale: 'linear', curves },
  })
}

/** The first measure in each range, where there are several. */
function rangeValues({ ranges, measures }: SettingMeasures): number[] {
  if (ranges.length < 2) return []
  const { metric } = measures[0]!
  return ranges.flatMap(({ frechet, inception, precisionRecall }) => {
    if (metric === 'fd') return frechet ? [frechet.distance] : []
    if (metric === 'is') return inception ? [inception.mean] : []
    return metric === 'precision' && precisionRecall ? [precisionRecall.precision] : []
  })
}
