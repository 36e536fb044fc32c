/**
 * `pnpm matrix [--only "vite,next (webpack) 15"] [--write]`: tries every tool of the matrix, from packed tarballs, and
 * prints a row for each, with what went wrong. `--write` puts these rows into the table of examples/README.md. The exit status is 1 where a
 * tool did not sample in a worker.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findChromium } from '@mixflow/page'
import { root } from '../../src/workspace/workspace.ts'
import { inTable, nameOf, rowText } from './table.ts'
import { tools } from './tools.ts'
import { prepareTrials } from './trials.ts'

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
})
const only = values.only
  .toLowerCase()
  .split(',')
  .filter(start => start !== '')
const asked = tools.filter(
  tool => only.length === 0 || only.some(start => nameOf(tool).toLowerCase().startsWith(start)),
)
if (asked.length === 0) throw new Error(`--only ${values.only} names none of ${tools.map(nameOf).join(', ')}`)

const readme = join(root, 'examples', 'README.md')
const chromium = findChromium()
if (chromium === null) process.exit(1)
// the trial under way ends with its browser, and stops its server
let stopped = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (stopped = true))

await using trials = await prepareTrials(chromium)
for (const tool of asked) {
  const row = await trials.try(tool)
  if (stopped) {
    process.exitCode = 1
    break
  }
  console.log(rowText(row))
  for (const [what, outcome] of Object.entries({ dev: row.dev, built: row.built })) {
    if (outcome === undefined) continue
    if (outcome.result !== 'worker') process.exitCode = 1
    if (outcome.note !== '') console.log(`  ${what}: ${outcome.note.slice(0, 3000)}`)
  }
  // after each, so that a run that is ended keeps what it has found
  if (values.write) await writeFile(readme, inTable(await readFile(readme, 'utf8'), [row], tools.map(nameOf)))
}
