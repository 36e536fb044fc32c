/** The report of an experiment: a Markdown section between two markers of a file, and charts next to the records. */

import { dirname, join, relative } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { markdownText } from '@mixflow/core/internal'
import { writeFileDurably } from '@mixflow/files'
import { type Curve, curvesChart, formatCount, formatDuration, formatNumber } from '@mixflow/train'
import { markdownTable } from '../../terminal/text.ts'
import { readOrCreate, replaceSection, sectionMarks } from '../marked-section.ts'
import { type ExperimentRun, readExperimentRuns } from './experiment-run.ts'
import { fewStepData, fewStepMethods } from './few-step.ts'
import {
  baseline,
  type Column,
  type Comparison,
  type Group,
  measuredValue,
  type Row,
  type Spread,
  spread,
  summarize,
} from './summary.ts'

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

/** The improvement that the paper claims at small budgets. */
const margin = 0.12
const smallBudget = 9

/** @param charts paths relative to the Markdown file */
export function groupSection(group: Group, charts: Readonly<Record<'distances' | 'curvature', string>>): string {
  return [
    `### ${titles[group.dataName] ?? markdownText(group.dataName)}, ${formatCount(group.steps)} steps`,
    settingText(group),
    markdownTable(
      ['', ...group.columns.map(({ title }) => title)],
      group.rows.map(row => [rowTitle(row), ...cells(group, row)]),
    ),
    `Mean ± standard deviation over seeds; lowest in bold. ${captionText(group)}`,
    `![Distance by NFE](${charts.distances})`,
    `![Curvature by time](${charts.curvature})`,
    ...comparisonText(group),
    costText(group),
    missingText(group),
  ]
    .filter(part => part !== '')
    .join('\n\n')
}

/** One line for data sets without any record; empty where there are none. */
function missingDataText(groups: readonly Group[]): string {
  const absent = Object.keys(fewStepData).filter(name => groups.every(({ dataName }) => dataName !== name))
  return absent.length === 0 ? '' : `**Missing:** all runs on ${absent.map(name => titles[name]).join(' and ')}.`
}

const titles: Readonly<Record<string, string>> = { cifar10: 'CIFAR-10', mnist: 'MNIST' }

const methodTitles: Readonly<Record<string, string>> = {
  'rectified-flow': 'rectified flow',
  'optimal-transport': 'minibatch optimal transport',
  'fast-ode': 'Fast-ODE',
  mixflow: 'MixFlow',
}

const methodTitle = (name: string): string => {
  const [method, ...changes] = name.split(', ')
  return markdownText([methodTitles[method!] ?? method, ...changes].join(', '))
}

/** `MixFlow (seeds 1, 2)` */
const withSeeds = (name: string, seeds: readonly number[]): string =>
  `${methodTitle(name)} (${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')})`

const rowTitle = ({ name, runs }: Row) =>
  withSeeds(
    name,
    runs.map(({ seed }) => seed),
  )

function settingText({ rows }: Group): string {
  const all = rows.flatMap(({ runs }) => runs)
  const { config, parameters, data } = all[0]!
  const encoder = Math.max(...all.map(run => run.parameters.encoder))
  const beta = all.map(run => run.config.source?.klWeight).find(value => value !== undefined)
  return [
    `${formatCount(data.images)} images, without labels. Denoiser with ${formatCount(parameters.denoiser)} parameters`,
    ...(encoder > 0 ? [`(and an encoder with ${formatCount(encoder)}, where the method has one)`] : []),
    `batch size ${config.batchSize}, Adam at ${config.learningRate} after a warm-up of ${formatCount(config.warmupImages)} images,`,
    ...(beta === undefined ? [] : [`β ${beta},`]),
    `EMA with a half-life of ${formatCount(config.emaHalfLifeImages)} images.`,
  ].join(' ')
}

function cells({ columns, rows }: Group, row: Row): string[] {
  return columns.map(({ key }) => {
    const own = row.values.get(key)!
    const best = Math.min(...rows.map(({ values }) => values.get(key)!.mean))
    return own.mean === best && rows.length > 1 ? `**${spreadText(own)}**` : spreadText(own)
  })
}

function spreadText({ mean, deviation }: Spread): string {
  if (deviation === null) return formatNumber(mean)
  const text = formatNumber(mean)
  const decimals = /\.(\d+)$/.exec(text)?.[1]?.length ?? 0
  return `${text} ± ${deviation.toFixed(decimals)}`
}

function captionText({ rows }: Group): string {
  const { measures } = rows[0]!.runs[0]!
  const { distances, curvature, extractor } = measures
  return [
    `The columns of solvers and NFE show ${distances[0]?.label}, the Fréchet distance over features of`,
    `${markdownText(extractor.name)} to the training images (lower is better); curvature is that of ${formatCount(curvature.trajectories)} trajectories`,
    `of ${curvature.steps} Euler steps.`,
  ].join(' ')
}

function comparisonText({ columns, comparisons }: Group): string[] {
  if (comparisons.length === 0) return []
  const rows = comparisons.map(comparison => [
    withSeeds(comparison.name, comparison.seeds),
    ...columns.map(({ key }) => changesText(comparison.changes.get(key)!)),
  ])
  const mixflow = comparisons.find(({ name }) => name === 'mixflow')
  return [
    `Against ${methodTitle(baseline)} with the same seed, in percent (mean over seeds, with minimum and maximum):`,
    markdownTable(['', ...columns.map(({ title }) => title)], rows),
    ...(mixflow === undefined ? [] : [claimText(mixflow, columns)]),
  ]
}

const percent = (change: number) => `${change < 0 ? '−' : '+'}${Math.abs(100 * change).toFixed(1)}`

function changesText(changes: readonly number[]): string {
  const mean = changes.reduce((sum, change) => sum + change, 0) / changes.length
  if (changes.length === 1) return percent(mean)
  return `${percent(mean)} (${percent(Math.min(...changes))} … ${percent(Math.max(...changes))})`
}

/** Whether the results agree with the paper. */
export function claimText({ changes, seeds }: Comparison, columns: readonly Column[]): string {
  const all = (key: string, holds: (change: number) => boolean) => changes.get(key)!.every(holds)
  const list = (keys: readonly Column[]) => keys.map(({ title }) => title).join(', ')
  const budgets = columns.filter(({ nfe }) => nfe !== null)
  const small = budgets.filter(({ nfe }) => nfe! <= smallBudget)
  const clear = small.filter(({ key }) => all(key, change => change <= -margin))
  const ahead = budgets.filter(({ key }) => all(key, change => change < 0))
  const behind = budgets.filter(({ key }) => all(key, change => change > 0))
  const straighter = all('curvature', change => change < 0)
  const which = seeds.length === 1 ? `with the only seed (${seeds[0]})` : `with every seed (${seeds.join(', ')})`
  const sentences = [
    clear.length > 0
      ? `${which} the distance of MixFlow is at least ${100 * margin} % lower than that of rectified flow at ${list(clear)}`
      : `${which} the distance of MixFlow is not ${100 * margin} % lower than that of rectified flow at any budget up to ${smallBudget} NFE`,
    `its trajectories are ${straighter ? 'less curved' : 'not always less curved'}`,
    ...(ahead.length > clear.length ? [`it is lower at ${list(ahead)}`] : []),
    ...(behind.length > 0 ? [`higher at ${list(behind)}`] : []),
  ]
  return `Agreement with the paper: ${sentences.join('; ')}.`
}

function costText({ rows }: Group): string {
  const all = rows.flatMap(({ runs }) => runs)
  const machines = [...new Set(all.map(machineText))]
  const lines = all.map(run => [
    methodTitle([run.method, ...run.changes].join(', ')),
    String(run.seed),
    formatDuration(run.training.seconds),
    formatNumber(run.training.imagesSeen / run.training.seconds),
    run.measures.seconds === null ? 'several sessions' : formatDuration(run.measures.seconds),
    formatNumber(run.training.losses.at(-1)?.flowLoss ?? Number.NaN),
  ])
  const header = ['', 'seed', 'training', 'images/s', 'measuring', 'final flow loss']
  return [
    `<details><summary>Cost of each run</summary>`,
    markdownTable(header, lines),
    `On ${machines.join('; on ')}.`,
    '</details>',
  ].join('\n\n')
}

const machineText = ({ machine: { processor, cores, threads, node, backend } }: ExperimentRun) =>
  [
    `${markdownText(processor)}, ${cores} cores of which ${threads} used, Node ${node.split('.')[0]}`,
    ...(backend === undefined ? [] : [markdownText(backend)]),
  ].join(', ')

function missingText({ missing }: Group): string {
  if (missing.length === 0) return ''
  const each = missing.map(({ method, seeds }) => withSeeds(method, seeds))
  return `**Missing:** ${each.join('; ')}. The command continues with them.`
}
