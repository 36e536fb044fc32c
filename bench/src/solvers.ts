/**
 * The error of each solver at equal NFE: the root mean square difference of its images from those of many small Runge–Kutta steps, from the
 * same noise. The error of the model itself is not included.
 *
 *   pnpm --filter @mixflow/bench solvers <model> [--count 64] [--guidance 0]
 */

import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { FixedSolverName, SampleRequest } from '@mixflow/core'
import { loadModel } from '@mixflow/sdk-node'
import { printTable } from './measure.ts'

const evaluations = [3, 5, 9, 17] as const
const powers = [0.7, 1, 1.3, 1.6] as const
const solvers: readonly FixedSolverName[] = ['euler', 'heun', 'ab2']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '64' }, guidance: { type: 'string' } },
})
const [source] = positionals
if (source === undefined) throw new Error('usage: pnpm --filter @mixflow/bench solvers <model>')

// pnpm runs this in the folder of the package; paths are relative to the caller's
const model = await loadModel(/^https?:/.test(source) ? source : resolve(process.env.INIT_CWD ?? '.', source))
const base: SampleRequest = {
  count: Number(values.count),
  seed: 1,
  ...(values.guidance === undefined ? {} : { guidance: Number(values.guidance) }),
}

async function images(request: SampleRequest): Promise<Float32Array[]> {
  return (await model.sample({ ...base, ...request })).images.map(({ data }) => data)
}

function difference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  let sum = 0
  let count = 0
  a.forEach((image, i) => {
    image.forEach((value, k) => {
      sum += (value - (b[i]?.[k] as number)) ** 2
    })
    count += image.length
  })
  return Math.sqrt(sum / count)
}

const exact = await images({ solver: 'rk4', steps: 50, gridPower: 1 })
const cells: string[][] = []
for (const solver of solvers) {
  for (const gridPower of powers) {
    const row = [solver, String(gridPower)]
    for (const nfe of evaluations) row.push(difference(await images({ solver, nfe, gridPower }), exact).toFixed(4))
    cells.push(row)
  }
}
await model.dispose()

printTable(['solver', 'gridPower', ...evaluations.map(nfe => `${nfe} NFE`)], cells)
