/**
 * `npx -y pnpm@12 fuzz [mutations] [seed]`: a table of what was read, and the failures with the three words that
 * find each again. Ends with 1 where there was one.
 */

import { fuzz } from './fuzz.ts'

const [mutations = 1_000_000, seed = 1] = process.argv.slice(2).map(Number)
const started = performance.now()
const row = (cells: readonly unknown[]) => console.log(`| ${cells.join(' | ')} |`)

console.log(`${mutations} mutations, seed ${seed}\n`)
row(['reader', 'inputs', 'read', 'refused', 'slowest, ms', 'memory, MB'])
row(['---', '--:', '--:', '--:', '--:', '--:'])
const { counted, failures } = await fuzz({
  ...{ seed, mutations },
  onCounted: ({ target, inputs, values, refused, slowestMilliseconds, mostMegabytes }) =>
    row([target, inputs, values, refused, Math.ceil(slowestMilliseconds), Math.ceil(mostMegabytes)]),
  onFailure: ({ target, index, what }) => console.error(`FAILED seed ${seed}, ${target}, index ${index}: ${what}`),
})
const inputs = counted.reduce((sum, each) => sum + each.inputs, 0)
console.log(`\n${inputs} inputs in ${Math.round((performance.now() - started) / 1000)} s, ${failures.length} failures`)
process.exitCode = failures.length === 0 ? 0 : 1
