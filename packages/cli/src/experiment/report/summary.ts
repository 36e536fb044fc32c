/**
 * Records of runs, side by side: runs of the same data and length make a table, and seeds of the same method a row of it.
 * The comparison is made seed by seed, as two runs with one seed share their initial weights, the order of images, the
 * noise and the times of every step.
 */

import type { ExperimentRun } from '../experiment-run.ts'
import { fewStepMethods, fewStepSeeds } from '../few-step.ts'

/** Of several seeds. */
export interface Spread {
  readonly mean: number
  /** Unbiased standard deviation; null for a single seed. */
  readonly deviation: number | null
}

export interface Column {
  /** `euler 5`, `curvature`. */
  readonly key: string
  readonly title: string
  readonly nfe: number | null
  readonly solver: string | null
}

export interface Row {
  /** With settings that differ from the preset's: `mixflow, source.klWeight=1e-4`. */
  readonly name: string
  readonly method: string
  readonly changes: readonly string[]
  /** In order of seeds. */
  readonly runs: readonly ExperimentRun[]
  /** By the key of a column. */
  readonly values: ReadonlyMap<string, Spread>
}

export interface Comparison {
  readonly name: string
  readonly seeds: readonly number[]
  /** By the key of a column: (value − baseline's) / baseline's, of each seed. */
  readonly changes: ReadonlyMap<string, readonly number[]>
}

export interface Group {
  readonly dataName: string
  readonly steps: number
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  /** Of every row but the baseline's with it, where they have seeds in common. */
  readonly comparisons: readonly Comparison[]
  /** Runs of the experiment that have no record. */
  readonly missing: readonly { readonly method: string; readonly seeds: readonly number[] }[]
}

export const baseline = 'rectified-flow'

const solverTitles: Readonly<Record<string, string>> = { euler: 'Euler', heun: 'Heun' }

/** In order of data sets and lengths. */
export function summarize(runs: readonly ExperimentRun[]): Group[] {
  const keys = [...new Set(runs.map(groupKey))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return keys.map(key => groupOf(runs.filter(run => groupKey(run) === key)))
}

const groupKey = ({ data, training }: ExperimentRun) => `${data.name} ${training.steps}`

function groupOf(runs: readonly ExperimentRun[]): Group {
  const { data, training } = runs[0]!
  const columns = columnsOf(runs)
  const names = [...new Set(runs.map(nameOf))].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
  const rows = names.map(name =>
    rowOf(
      runs.filter(run => nameOf(run) === name),
      columns,
    ),
  )
  const base = rows.find(({ name }) => name === baseline)
  const others = rows.filter(row => row !== base)
  return {
    ...{ dataName: data.name, steps: training.steps, columns, rows },
    comparisons: base === undefined ? [] : others.map(row => compare(row, base, columns)).filter(hasSeeds),
    missing: missingOf(rows),
  }
}

export const nameOf = ({ method, changes }: Pick<ExperimentRun, 'method' | 'changes'>): string =>
  [method, ...changes].join(', ')

const place = (name: string): number => (fewStepMethods as readonly string[]).indexOf(name.split(',')[0]!)

const keyOf = ({ solver, nfe }: { readonly solver: string; readonly nfe: number }) => `${solver} ${nfe}`

function columnsOf(runs: readonly ExperimentRun[]): Column[] {
  const settings = new Map<string, Column>()
  for (const { measures } of runs) {
    for (const { solver, nfe } of measures.distances) {
      const key = keyOf({ solver, nfe })
      settings.set(key, { key, title: `${solverTitles[solver]} ${nfe}`, nfe, solver })
    }
  }
  const inOrder = [...settings.values()].sort((a, b) => a.nfe! - b.nfe! || (a.key < b.key ? -1 : 1))
  return [...inOrder, { key: 'curvature', title: 'curvature', nfe: null, solver: null }]
}

export function measuredValue({ measures }: ExperimentRun, { key }: Column): number {
  if (key === 'curvature') return measures.curvature.mean
  return measures.distances.find(each => keyOf(each) === key)?.distance ?? Number.NaN
}

function rowOf(runs: readonly ExperimentRun[], columns: readonly Column[]): Row {
  const sorted = [...runs].sort((a, b) => a.seed - b.seed)
  const { method, changes } = sorted[0]!
  return {
    ...{ name: nameOf(sorted[0]!), method, changes, runs: sorted },
    values: new Map(columns.map(column => [column.key, spread(sorted.map(run => measuredValue(run, column)))])),
  }
}

export function spread(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  if (values.length < 2) return { mean, deviation: null }
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) }
}

function compare(row: Row, base: Row, columns: readonly Column[]): Comparison {
  const pairs = row.runs.flatMap(run => {
    const own = base.runs.find(({ seed }) => seed === run.seed)
    return own === undefined ? [] : [{ run, base: own }]
  })
  const change = (column: Column) =>
    pairs.map(pair => measuredValue(pair.run, column) / measuredValue(pair.base, column) - 1)
  return {
    ...{ name: row.name, seeds: pairs.map(({ run }) => run.seed) },
    changes: new Map(columns.map(column => [column.key, change(column)])),
  }
}

const hasSeeds = ({ seeds }: Comparison) => seeds.length > 0

/** Of the methods with the preset's own settings, with each seed of the experiment and each that some run has. */
function missingOf(rows: readonly Row[]): Group['missing'] {
  const plain = rows.filter(({ changes }) => changes.length === 0)
  const seeds = [...new Set([...fewStepSeeds, ...plain.flatMap(({ runs }) => runs.map(({ seed }) => seed))])].sort()
  return fewStepMethods.flatMap(method => {
    const done = plain.find(row => row.method === method)?.runs.map(({ seed }) => seed) ?? []
    const left = seeds.filter(seed => !done.includes(seed))
    return left.length === 0 ? [] : [{ method, seeds: left }]
  })
}
