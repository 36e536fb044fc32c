import type { ReactNode } from 'react'

/** A table that scrolls sideways if it is too wide. */
export const ScrollTable = ({ label, children }: { readonly label: string; readonly children: ReactNode }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
  <section className="scroll" tabIndex={0} aria-label={label}>
    <table>{children}</table>
  </section>
)

export interface DataTableProps {
  readonly label: string
  readonly titles: readonly string[]
  readonly rows: readonly (readonly ReactNode[])[]
  /** Whether the first cell of each row is its header. */
  readonly hasRowHeaders?: boolean
  readonly classOfRow?: (row: number) => string | undefined
}

export const DataTable = ({ label, titles, rows, hasRowHeaders = false, classOfRow }: DataTableProps) => (
  <ScrollTable label={label}>
    <thead>
      <tr>
        {titles.map(title => (
          <th key={title} scope="col">
            {title}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {rows.map((cells, row) => (
        <tr key={row} className={classOfRow?.(row)}>
          {cells.map((cell, i) =>
            hasRowHeaders && i === 0 ? (
              <th key={i} scope="row">
                {cell}
              </th>
            ) : (
              <td key={i}>{cell}</td>
            ),
          )}
        </tr>
      ))}
    </tbody>
  </ScrollTable>
)
