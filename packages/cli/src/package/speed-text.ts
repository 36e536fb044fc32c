/** How long an image takes, for a card: one row for each solver and number of evaluations, one column for each place. */

import { markdownText } from '@mixflow/core/internal'
import { formatCount } from '@mixflow/train'
import { formatCost } from '../evaluate/evaluation-text.ts'
import { markdownTable } from '../terminal/markdown-table.ts'
import type { SpeedRecord } from './speed-record.ts'

/** Markdown. */
export function speedText(records: readonly SpeedRecord[]): string {
  const settings = new Map(
    records.flatMap(({ times }) => times).map(({ solver, nfe }) => [`${solver} ${nfe}`, { solver, nfe }]),
  )
  const rows = [...settings.values()].map(setting => [
    ...[markdownText(setting.solver), formatCost(setting.nfe)],
    ...records.map(record => timeOf(record, setting)),
  ])
  return [
    'Milliseconds per image:',
    markdownTable(['solver', 'NFE', ...records.map(record => markdownText(placeWords(record)))], rows),
    markdownText(records.map(howWords).join(' ')),
  ].join('\n\n')
}

export const placeWords = ({ device, runtime }: SpeedRecord): string =>
  `${device === 'cpu' ? 'CPU' : device} (${runtime})`

/** Empty where it was not measured. */
export function timeOf({ times }: SpeedRecord, setting: { readonly solver: string; readonly nfe: number }): string {
  const same = times.find(({ solver, nfe }) => solver === setting.solver && nfe === setting.nfe)
  return same === undefined ? '' : formatTime(same.milliseconds)
}

/** Two digits, or all before the point. */
const formatTime = (milliseconds: number): string =>
  milliseconds >= 10 ? formatCount(Math.round(milliseconds)) : String(Number(milliseconds.toPrecision(2)))

function howWords(record: SpeedRecord): string {
  const { machine, batchSize, rounds, dtype } = record
  const { processor, cores, threads } = machine
  const used = `${threads === 1 ? '1 thread' : `${threads} threads`}, ${cores === 1 ? '1 core' : `${cores} cores`}`
  const images = batchSize === 1 ? 'one image at a time' : `${formatCount(batchSize)} images at once`
  return `${placeWords(record)}: ${dtype} weights on ${processor} (${used}), ${images}, median of ${formatCount(rounds)} calls.`
}
