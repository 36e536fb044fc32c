/**
 * Rows of words as lines of aligned columns, without control and bidirectional characters. Widths count characters, which is right for the
 * few scripts that names use.
 */

import { printableName } from '@mixflow/core/internal'

export interface TableOptions {
  /** Columns whose words end together, as numbers do. */
  readonly right?: readonly number[]
  /** Between columns; three spaces unless said. */
  readonly gap?: string
}

export function table(cells: readonly (readonly string[])[], { right = [], gap = '   ' }: TableOptions = {}): string[] {
  const rows = cells.map(row => row.map(printableName))
  const length = (word: string) => [...word].length
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((word, column) => Math.max(most[column] ?? 0, length(word))),
    [],
  )
  return rows.map(row =>
    row
      .map((word, column) => {
        const space = ' '.repeat((widths[column] as number) - length(word))
        return right.includes(column) ? space + word : word + space
      })
      .join(gap)
      .trimEnd(),
  )
}
