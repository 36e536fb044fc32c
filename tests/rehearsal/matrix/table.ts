/** The rows of the matrix as tables of Markdown, each between two marks of a file. A row replaces the earlier one of its project. */
import type { Row } from './project.ts'
import type { Project } from './tool.ts'

/** By its mark: the columns for `dev` and `built`. */
const columns = { matrix: ['dev', 'build'], runtimes: ['run', 'build'] } as const
export type TableName = keyof typeof columns

export const nameOf = ({ name, major }: Project): string => `${name} ${major}`.trim()

export const rowText = ({ project, version, node, dev, built }: Row): string =>
  `| ${[nameOf(project), version, node, dev?.result ?? '', built?.result ?? '', project.remark ?? ''].join(' | ')} |`

export interface TableUpdate {
  readonly table: TableName
  readonly rows: readonly Row[]
  /** The names of all projects. The table keeps this sequence, and drops earlier rows of others. */
  readonly sequence: readonly string[]
}

/** Returns the text with these rows in its table. */
export function inTable(text: string, { table, rows, sequence }: TableUpdate): string {
  const [begin, end] = [`<!-- ${table} -->`, `<!-- /${table} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`no ${begin} … ${end} to write the table between`)
  const nameIn = (line: string) => line.split('|')[1]!.trim()
  const before = text
    .slice(from + begin.length, to)
    .trim()
    .split('\n')
    .slice(2)
  const lines = new Map([...before, ...rows.map(rowText)].map(line => [nameIn(line), line]))
  const sorted = sequence.flatMap(name => lines.get(name) ?? [])
  const head = `| | version | Node | ${columns[table].join(' | ')} | |\n|---|---|---|---|---|---|\n`
  return `${text.slice(0, from)}${begin}\n${head}${sorted.join('\n')}\n${text.slice(to)}`
}
