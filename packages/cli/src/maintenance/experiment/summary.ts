/**
 * Groups the records of runs: one table per data set and training length, one row per method with its seeds. Methods are compared seed by
 * seed, because two runs with the same seed share initial parameters, the order of images, noise and times.
 */

import type { ExperimentRun } from './experiment-run.ts'
import { fewStepMethods, fewStepSeeds } from './few-step.ts'

/** Over seeds. */
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
  /** Includes settings that differ from the preset: `mixflow, source.klWeight=1e-4`. */
  readonly name: string
  readonly method: string
  readonly changes: readonly string[]
  /** Sorted by seed. */
  readonly runs: readonly ExperimentRun[]
  /** By column key. */
  readonly values: ReadonlyMap<string, Spread>
}

export interface Comparison {
  readonly name: string
  readonly seeds: readonly number[]
  /** By column key: (value − baseline) / baseline, for each seed. */
  readonly changes: ReadonlyMap<string, readonly number[]>
}

export interface Group {
  readonly dataName: string
  readonly steps: number
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  /** Of every other row with the baseline, where they have seeds in common. */
  readonly comparisons: readonly Comparison[]
  /** Runs without a record. */
  readonly missing: readonly { readonly method: string; readonly seeds: readonly number[] }[]
}

export const baseline = 'rectified-flow'

const solverTitles: Readonly<Record<string, string>> = { euler: 'Euler', heun: 'Heun' }

/** Sorted by data set and length. */
export function summarize(runs: readonly ExperimentRun[]): Group[] {
  const keys = [...new Set(runs.map(groupKey))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return keys.map(key => groupOf(runs.filter(run => groupKey(run) === key)))
}

const groupKey = ({ data, training }: ExperimentRun) => `${data.name} ${training.steps}`

function groupOf(runs: readonly ExperimentRun[]): Group {
  const { data, training } = runs[0]!
  const columns = columnsOf(runs)
  const names = [...new Set(runs.map(nameOf))].sort((a, b) => position(a) - position(b) || (a < b ? -1 : 1))
  const rows = names.map(name =>
    rowOf(
      runs.filter(run => nameOf(run) === name),
      columns,
    ),
  )
  const base = rows.find(({ name }) => name === baseline)
  const others = rows.filter(row => row !== base)
  return {
    dataName: data.name,
    steps: training.steps,
    columns,
    rows,
    comparisons:
      base === undefined ? [] : others.map(row => compare(row, base, columns)).filter(({ seeds }) => seeds.length > 0),
    missing: missingOf(rows),
  }
}

const nameOf = ({ method, changes }: Pick<ExperimentRun, 'method' | 'changes'>): string =>
  [method, ...changes].join(', ')

const position = (name: string): number => (fewStepMethods as readonly string[]).indexOf(name.split(',')[0]!)

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
    name: nameOf(sorted[0]!),
    method,
    changes,
    runs: sorted,
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
    name: row.name,
    seeds: pairs.map(({ run }) => run.seed),
    changes: new Map(columns.map(column => [column.key, change(column)])),
  }
}

/** Of the methods with unchanged settings, for every seed of the experiment and of the existing runs. */
function missingOf(rows: readonly Row[]): Group['missing'] {
  const plain = rows.filter(({ changes }) => changes.length === 0)
  const seeds = [...new Set([...fewStepSeeds, ...plain.flatMap(({ runs }) => runs.map(({ seed }) => seed))])].sort()
  return fewStepMethods.flatMap(method => {
    const done = plain.find(row => row.method === method)?.runs.map(({ seed }) => seed) ?? []
    const left = seeds.filter(seed => !done.includes(seed))
    return left.length === 0 ? [] : [{ method, seeds: left }]
  })
}
