/** What `mixflow doctor` found, for people: a line each, by topic, and beneath it what would repair it. */

import { printable } from '@mixflow/core/internal'
import type { Colors } from '../terminal/colors.ts'
import { table } from '../terminal/table.ts'
import type { Finding } from './finding.ts'

const marks = { ok: 'ok', lacking: 'not here', broken: 'BROKEN' } as const

export function findingsText(findings: readonly Finding[], { green, yellow, red }: Colors): string {
  const paint = { ok: green, lacking: yellow, broken: red }
  const topics = ['system', 'runtime', 'device', 'package'] as const
  const rows = topics.flatMap(topic => findings.filter(finding => finding.topic === topic))
  const lines = table(rows.map(({ state, name, text }) => [marks[state], name, text]))
  return rows
    .map(({ state, command, hint }, i) => {
      const line = paint[state](marks[state]) + (lines[i] as string).slice(marks[state].length)
      const repair = printable(command ?? hint ?? '')
      return repair === '' ? line : `${line}\n    ${repair}`
    })
    .join('\n')
}
