/** The report of an experiment: a Markdown section between two markers of a file, and charts next to the records. */

import { dirname, join, relative } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { writeFileDurably } from '@mixflow/files'
import { type Curve, curvesChart } from '@mixflow/train'
import { readOrCreate, replaceSection, sectionMarks } from '../marked-section.ts'
import { readExperimentRuns } from './experiment-run.ts'
import { fewStepMethods } from './few-step.ts'
import { groupSection, methodTitle, missingDataText } from './group-section.ts'
import { type Group, measuredValue, type Row, spread, summarize } from './summary.ts'

const marks = sectionMarks('few-step')

/**
 * Returns the paths of the written files.
 *
 * @param results folder of the records
 * @param file Markdown file; created if missing
 * @throws MixflowError ARGUMENT_INVALID where there are no records, or the file has no markers; OUTPUT_DISK
 */
export async function writeExperimentReport({ results, file }: { results: string; file: string }): Promise<string[]> {
  const groups = summarize(await readExperimentRuns(results))
  if (groups.length === 0) {
    throw new MixflowError('ARGUMENT_INVALID', `there are no results in ${results}`, {
      hint: 'do some runs first: mixflow experiment few-step --data cifar10',
      details: { results },
    })
  }
  const written: string[] = []
  const write = async (path: string, text: string) => {
    await writeFileDurably(path, text)
    written.push(path)
    return relative(dirname(file), path).replaceAll('\\', '/')
  }
  const sections: string[] = []
  for (const group of groups) {
    const folder = join(results, `${group.dataName}-${group.steps}-steps`)
    const distances = await write(join(folder, 'distances.svg'), distanceChart(group))
    const curvature = await write(join(folder, 'curvature.svg'), curvatureChart(group))
    sections.push(groupSection(group, { distances, curvature }))
  }
  const section = [...sections, missingDataText(groups)].filter(text => text !== '').join('\n\n')
  const before = await readOrCreate(file, { title: 'Few steps', marks })
  await write(file, replaceSection(before, { section, file, marks }))
  return written
}

/** Every method has its colour; rows with other settings follow. */
function colorOf(row: Row, rows: readonly Row[]): number {
  const { method, changes } = row
  if (changes.length === 0) return (fewStepMethods as readonly string[]).indexOf(method)
  return fewStepMethods.length + rows.filter(each => each.changes.length > 0).indexOf(row)
}

function distanceChart({ rows, columns }: Group): string {
  const budgets = columns.filter(({ nfe }) => nfe !== null)
  const solvers = ['heun', 'euler'].filter(solver => budgets.some(column => column.solver === solver))
  const curves = solvers.flatMap(solver =>
    rows.map((row): Curve => {
      const own = budgets.filter(column => column.solver === solver)
      const single = (run: Row['runs'][number]) =>
        own.map(column => ({ x: column.nfe!, y: measuredValue(run, column) }))
      return {
        name: `${methodTitle(row.name)}, ${solver === 'heun' ? 'Heun' : 'Euler'}`,
        color: colorOf(row, rows),
        dashed: solver === 'euler',
        points: own.map(({ nfe, key }) => ({ x: nfe!, y: row.values.get(key)!.mean })),
        faint: row.runs.length === 1 ? [] : row.runs.flatMap(single),
      }
    }),
  )
  return curvesChart({
    title: `${rows[0]!.runs[0]!.measures.distances[0]!.label} by NFE (lower is better)`,
    xTitle: 'network evaluations per image (NFE)',
    xTicks: [...new Set(budgets.map(column => column.nfe!))],
    xScale: 'log',
    yScale: 'log',
    curves,
  })
}

function curvatureChart({ rows }: Group): string {
  const curves = rows.map((row): Curve => {
    const bins = row.runs[0]!.measures.curvature.byTime
    const middle = (i: number) => (bins[i]!.from + bins[i]!.to) / 2
    const values = (i: number) => row.runs.map(run => run.measures.curvature.byTime[i]!.value)
    return {
      name: methodTitle(row.name),
      color: colorOf(row, rows),
      points: bins.map((_, i) => ({ x: middle(i), y: spread(values(i)).mean })),
      faint: row.runs.length === 1 ? [] : bins.flatMap((_, i) => values(i).map(y => ({ x: middle(i), y }))),
    }
  })
  return curvesChart({
    title: 'Curvature by time',
    xTitle: 't: 0 is noise, 1 is data',
    xTicks: [0, 0.25, 0.5, 0.75, 1],
    xScale: 'linear',
    yScale: 'linear',
    curves,
  })
}
