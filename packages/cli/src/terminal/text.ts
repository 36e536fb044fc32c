/** Text for standard output: escaped lines, and tables for a terminal or for Markdown. */

import { printable, printableName } from '@mixflow/core/internal'

/** Joins lines; line breaks, control and bidirectional characters within a line are escaped. */
export const linesText = (lines: readonly string[]): string => lines.map(printableName).join('\n')

/** Writes a text and a line break to standard output. */
export const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** JSON whose control and bidirectional characters are written as `\uXXXX`, which a terminal shows and a parser reads as the same value. */
export const jsonText = (value: unknown): string => printable(JSON.stringify(value, null, 2))

/** `42 %`, rounded down. */
export const percentText = (fraction: number): string => `${Math.floor(100 * fraction)} %`

export interface TableOptions {
  /** Indices of right-aligned columns. */
  readonly right?: readonly number[]
  /** Between columns. Default: three spaces. */
  readonly gap?: string
}

/** Rows as lines of aligned columns, escaped. Widths count characters. */
export function table(cells: readonly (readonly string[])[], { right = [], gap = '   ' }: TableOptions = {}): string[] {
  const rows = cells.map(row => row.map(printableName))
  const length = (text: string) => [...text].length
  const widths: number[] = []
  for (const row of rows) for (const [i, text] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, length(text))
  return rows.map(row =>
    row
      .map((text, i) => {
        const space = ' '.repeat(widths[i]! - length(text))
        return right.includes(i) ? space + text : text + space
      })
      .join(gap)
      .trimEnd(),
  )
}

/** A Markdown table; cells must be Markdown already. */
export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')

/** For the end of a command's help. */
export const examples = (...lines: string[]): string => `\nExamples:\n${lines.map(line => `  ${line}`).join('\n')}`
