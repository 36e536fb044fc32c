/** The matrix as a table of Markdown between two marks of a file. A row replaces the earlier one of its tool. */
import type { Tool } from './tool.ts'
import type { Outcome, Row } from './try-tool.ts'

const [begin, end] = ['<!-- matrix -->', '<!-- /matrix -->']
const head = '| | version | Node | dev | build | |\n|---|---|---|---|---|---|\n'

const words = { worker: 'works', page: 'without a worker', failed: 'fails' } as const
const cell = (outcome: Outcome | undefined): string => (outcome === undefined ? '' : words[outcome.result])

export const nameOf = ({ name, major }: Tool): string => `${name} ${major}`.trim()

export const rowText = ({ tool, version, node, dev, built }: Row): string =>
  `| ${nameOf(tool)} | ${version} | ${node.replace('v', '')} | ${cell(dev)} | ${cell(built)} | ${tool.remark ?? ''} |`

/**
 * @param order names of all tools, as the table lists them; rows of others come last
 * @returns the text with these rows in its table
 */
export function inTable(text: string, rows: readonly Row[], order: readonly string[]): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`no ${begin} … ${end} to write the table between`)
  const nameIn = (line: string) => line.split('|')[1]!.trim()
  const before = text
    .slice(from + begin.length, to)
    .trim()
    .split('\n')
    .slice(2)
  const known = new Map([...before, ...rows.map(rowText)].map(line => [nameIn(line), line]))
  const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
  const sorted = [...known].sort(([a], [b]) => rank(a) - rank(b)).map(([, line]) => line)
  return `${text.slice(0, from)}${begin}\n${head}${sorted.join('\n')}\n${text.slice(to)}`
}
