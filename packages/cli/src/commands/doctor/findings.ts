/** The checks of `mixflow doctor`, as text: one line each, grouped by topic, with the fix below. */

import { printable } from '@mixflow/core/internal'
import type { Colors } from '../../terminal/errors.ts'
import { table } from '../../terminal/text.ts'

export interface Finding {
  readonly topic: 'system' | 'runtime' | 'device' | 'package'
  readonly name: string
  /** `lacking` is optional, `broken` is required. */
  readonly state: 'ok' | 'lacking' | 'broken'
  readonly text: string
  /** The command that fixes it. */
  readonly command?: string
  /** What to do where no command fixes it. */
  readonly hint?: string
}

const marks = { ok: 'ok', lacking: 'missing', broken: 'BROKEN' } as const
const topics = ['system', 'runtime', 'device', 'package'] as const

export function findingsText(findings: readonly Finding[], { green, yellow, red }: Colors): string {
  const paint = { ok: green, lacking: yellow, broken: red }
  const rows = topics.flatMap(topic => findings.filter(finding => finding.topic === topic))
  const lines = table(rows.map(({ state, name, text }) => [marks[state], name, text]))
  return rows
    .map(({ state, command, hint }, i) => {
      const line = paint[state](marks[state]) + lines[i]!.slice(marks[state].length)
      const fix = printable(command ?? hint ?? '')
      return fix === '' ? line : `${line}\n    ${fix}`
    })
    .join('\n')
}
