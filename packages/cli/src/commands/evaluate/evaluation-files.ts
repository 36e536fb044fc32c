/**
 * The files of an evaluation: `evaluation.json`, `evaluation.md`, `evaluation.svg` with the first measure over NFE, and `neighbours.png`
 * where neighbours were measured.
 */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileDurably } from '@mixflow/files'
import type { SettingMeasures } from '@mixflow/measure'
import { type Curve, curvesChart } from '@mixflow/train'
import { checkFolder } from '../../terminal/check-output.ts'
import { jsonText, linesText } from '../../terminal/text.ts'
import type { EvaluationResult } from './evaluation.ts'
import { chartTitle, evaluationMarkdown } from './evaluation-text.ts'
import { neighboursFile, neighboursText } from './neighbours-image.ts'

/** Returns the paths as text. @param neighbours a PNG @throws MixflowError OUTPUT_DISK */
export async function writeEvaluation(
  folder: string,
  { result, neighbours }: { readonly result: EvaluationResult; readonly neighbours: Uint8Array | null },
): Promise<string> {
  await checkFolder(folder)
  const chart = speedQualityChart(result)
  const chartFile = 'evaluation.svg'
  const files: Readonly<Record<string, string | Uint8Array | null>> = {
    'evaluation.md': evaluationMarkdown(result, {
      chart: chart === null ? null : chartFile,
      neighbours: neighbours === null ? '' : neighboursText(result.settings, neighboursFile),
    }),
    'evaluation.json': `${jsonText(result)}\n`,
    [chartFile]: chart,
    [neighboursFile]: neighbours,
  }
  const written: string[] = []
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    if (content === null)
      await rm(path, { force: true }) // of an earlier evaluation
    else {
      await writeFileDurably(path, content)
      written.push(path)
    }
  }
  return linesText(written)
}

const solverOf = ({ setting }: SettingMeasures): string => setting.solver ?? 'model default'

/**
 * The first measure over NFE, one line per solver, with single ranges as faint dots. An adaptive solver is a point at its mean NFE.
 *
 * @returns SVG; null for fewer than two settings, or without samples
 */
export function speedQualityChart({ settings }: EvaluationResult): string | null {
  if (settings.length < 2 || settings[0]!.measures.length === 0) return null
  const solvers = [...new Set(settings.map(solverOf))]
  const curves = solvers.map((solver, i): Curve => {
    const points = settings.filter(each => solverOf(each) === solver).sort((a, b) => a.nfe - b.nfe)
    return {
      name: solver,
      color: i,
      points: points.map(each => ({ x: each.nfe, y: each.measures[0]!.mean })),
      faint: points.flatMap(each => rangeValues(each).map(y => ({ x: each.nfe, y }))),
    }
  })
  const isLowerBetter = ['fd', 'near-copies'].includes(settings[0]!.measures[0]!.metric)
  return curvesChart({
    title: `${chartTitle(settings)} (${isLowerBetter ? 'lower' : 'higher'} is better)`,
    xTitle: 'network evaluations per image (NFE)',
    xTicks: [...new Set(settings.map(({ nfe }) => Math.round(nfe)))],
    xScale: 'log',
    yScale: 'linear',
    curves,
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
