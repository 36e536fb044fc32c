/**
 * `pnpm matrix [--only "vite,next (webpack) 15"] [--write]`: tries every tool and runtime of the matrix, from packed tarballs, and
 * prints a row for each, with what went wrong. `--write` puts each row into its table of examples/README.md as soon as it is known. The exit
 * status is 1 if something does not work.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findChromium } from '@mixflow/page'
import { root } from '../../src/workspace/workspace.ts'
import { inTable, nameOf, rowText } from './table.ts'
import { tables } from './tools.ts'
import { prepareTrials } from './trials.ts'

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
})
const only = values.only
  .toLowerCase()
  .split(',')
  .filter(start => start !== '')
const all = [
  ...tables.matrix.map(tool => ({ table: 'matrix', tool, name: nameOf(tool) }) as const),
  ...tables.runtimes.map(runtime => ({ table: 'runtimes', runtime, name: nameOf(runtime) }) as const),
]
const asked = all.filter(({ name }) => only.length === 0 || only.some(start => name.toLowerCase().startsWith(start)))
if (asked.length === 0) throw new Error(`--only ${values.only} names none of ${all.map(({ name }) => name).join(', ')}`)

const readme = join(root, 'examples', 'README.md')
const chromium = findChromium()
if (chromium === null) process.exit(1)
// the trial under way ends with its browser, and stops its server
let stopped = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (stopped = true))

await using trials = await prepareTrials(chromium)
for (const one of asked) {
  const { table } = one
  const row = table === 'matrix' ? await trials.tryTool(one.tool) : await trials.tryRuntime(one.runtime)
  if (stopped) {
    process.exitCode = 1
    break
  }
  console.log(rowText(row))
  for (const [what, outcome] of Object.entries({ dev: row.dev, built: row.built })) {
    if (outcome === undefined) continue
    if (!outcome.result.startsWith('works')) process.exitCode = 1
    if (outcome.note !== '') console.log(`  ${what}: ${outcome.note.slice(0, 3000)}`)
  }
  const sequence = all.filter(other => other.table === table).map(({ name }) => name)
  if (values.write) await writeFile(readme, inTable(await readFile(readme, 'utf8'), { table, rows: [row], sequence }))
}
