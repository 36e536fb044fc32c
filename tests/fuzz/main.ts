/**
 * `npx -y pnpm@12 fuzz [mutations] [seed] [readers] [index]`: prints a table of what was read, and each failure with the command that repeats
 * it. Readers, with commas between, limit the run to these; an index to one input of each. Exit code 1 if anything failed.
 */

import { fuzz } from './fuzz.ts'

const [mutations = '1000000', seed = '1', reader, index] = process.argv.slice(2)
const started = performance.now()
const row = (cells: readonly unknown[]) => console.log(`| ${cells.join(' | ')} |`)

console.log(`${mutations} mutations, seed ${seed}\n`)
row(['reader', 'inputs', 'read', 'refused', 'slowest, ms', 'memory, MB'])
row(['---', '--:', '--:', '--:', '--:', '--:'])
const { counted, failures } = await fuzz({
  ...{ seed: Number(seed), mutations: Number(mutations) },
  ...(reader !== undefined && { only: reader.split(',') }),
  ...(index !== undefined && { index: Number(index) }),
  onCounted: ({ target, inputs, values, refused, slowestMilliseconds, mostMegabytes }) =>
    row([target, inputs, values, refused, Math.ceil(slowestMilliseconds), Math.ceil(mostMegabytes)]),
  onFailure: failure =>
    console.error(
      `FAILED: ${failure.what}\n  again: npx -y pnpm@12 fuzz ${mutations} ${failure.seed} "${failure.target}" ${failure.index}`,
    ),
})
const inputs = counted.reduce((sum, each) => sum + each.inputs, 0)
console.log(`\n${inputs} inputs in ${Math.round((performance.now() - started) / 1000)} s, ${failures.length} failures`)
process.exitCode = failures.length === 0 && inputs > 0 ? 0 : 1
