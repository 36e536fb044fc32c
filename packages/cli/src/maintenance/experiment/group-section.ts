/** The results on one data set at one training length, as Markdown: settings, table, charts, comparison with the baseline, and cost. */

import { markdownText } from '@mixflow/core/internal'
import { formatCount, formatDuration, formatNumber } from '@mixflow/train'
import { markdownTable } from '../../terminal/text.ts'
import type { ExperimentRun } from './experiment-run.ts'
import { fewStepData } from './few-step.ts'
import { baseline, type Column, type Comparison, type Group, type Row, type Spread } from './summary.ts'

/** The improvement that the paper claims at small budgets. */
const margin = 0.12
const smallBudget = 9

export interface Charts {
  /** Paths relative to the Markdown file. */
  readonly distances: string
  readonly curvature: string
}

export function groupSection(group: Group, charts: Charts): string {
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
export function missingDataText(groups: readonly Group[]): string {
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

export const methodTitle = (name: string): string => {
  const [method, ...changes] = name.split(', ')
  return markdownText([methodTitles[method!] ?? method, ...changes].join(', '))
}

const rowTitle = ({ name, runs }: Row) =>
  `${methodTitle(name)} (${runs.length === 1 ? 'seed' : 'seeds'} ${runs.map(({ seed }) => seed).join(', ')})`

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
    `${methodTitle(comparison.name)} (${comparison.seeds.length === 1 ? 'seed' : 'seeds'} ${comparison.seeds.join(', ')})`,
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
  const each = missing.map(
    ({ method, seeds }) => `${methodTitle(method)} (${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')})`,
  )
  return `**Missing:** ${each.join('; ')}. The command continues with them.`
}
