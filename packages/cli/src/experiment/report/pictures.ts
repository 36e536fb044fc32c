/** The curves of a group: distance by evaluations, for each solver; and where in time trajectories are curved. */

import { type Curve, linePicture } from '../../pictures/line-picture.ts'
import { fewStepMethods } from '../few-step.ts'
import { methodTitle } from './group-section.ts'
import { type Group, measuredValue, type Row, spread } from './summary.ts'

/** A curve's colour is its method's; rows with other settings come behind them. */
const colorOf = ({ method, changes }: Row, rows: readonly Row[]): number => {
  if (changes.length === 0) return (fewStepMethods as readonly string[]).indexOf(method)
  return (
    fewStepMethods.length +
    rows.filter(row => row.changes.length > 0).findIndex(row => row.name === nameIn(method, changes))
  )
}

const nameIn = (method: string, changes: readonly string[]) => [method, ...changes].join(', ')

export function distancePicture({ rows, columns }: Group): string {
  const budgets = columns.filter(({ nfe }) => nfe !== null)
  const solvers = ['heun', 'euler'].filter(solver => budgets.some(column => column.solver === solver))
  const curves = solvers.flatMap(solver =>
    rows.map((row): Curve => {
      const own = budgets.filter(column => column.solver === solver)
      return {
        name: `${methodTitle(row.name)}, ${solver === 'heun' ? 'Heun' : 'Euler'}`,
        color: colorOf(row, rows),
        dashed: solver === 'euler',
        points: own.map(({ nfe, key }) => ({ x: nfe!, y: row.values.get(key)!.mean })),
        faint:
          row.runs.length === 1
            ? []
            : row.runs.flatMap(run => own.map(column => ({ x: column.nfe!, y: measuredValue(run, column) }))),
      }
    }),
  )
  const label = rows[0]!.runs[0]!.measures.distances[0]!.label
  const nfe = [...new Set(budgets.map(column => column.nfe!))]
  return linePicture({
    ...{ title: `${label} by evaluations (lower is better)`, xTitle: 'evaluations of the network per image' },
    ...{ xTicks: nfe, xScale: 'log', yScale: 'log', curves },
  })
}

export function curvaturePicture({ rows }: Group): string {
  const curves = rows.map((row): Curve => {
    const bins = row.runs[0]!.measures.curvature.byTime
    const middle = (i: number) => (bins[i]!.from + bins[i]!.to) / 2
    const values = (i: number) => row.runs.map(run => run.measures.curvature.byTime[i]!.value)
    return {
      ...{ name: methodTitle(row.name), color: colorOf(row, rows), dashed: false },
      points: bins.map((_, i) => ({ x: middle(i), y: spread(values(i)).mean })),
      faint: row.runs.length === 1 ? [] : bins.flatMap((_, i) => values(i).map(y => ({ x: middle(i), y }))),
    }
  })
  return linePicture({
    ...{ title: 'Curvature by time', xTitle: 't: 0 is noise, 1 is data' },
    ...{ xTicks: [0, 0.25, 0.5, 0.75, 1], xScale: 'linear', yScale: 'linear', curves },
  })
}
