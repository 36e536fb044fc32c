/**
 * The time per image of a model by NFE: in Node on the CPU, with as many threads as cores, and in Chromium on WebAssembly, with one thread in
 * a worker. Writes one file each, which `mixflow package --speed` adds to the model card.
 *
 *   npx -y pnpm@12 --filter @mixflow/bench run model-speed ../runs/mnist/model --nfe 3,5,9 --out ../runs/mnist/speed
 */

import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { findChromium } from '@mixflow/page'
import { loadModel, type Manifest, type SampleRequest } from '@mixflow/sdk-node'
import { openBenchPage } from './in-page.ts'
import { median } from './measure.ts'
import type { mixflowPage } from './page/model-speed-page.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    nfe: { type: 'string', default: '3,5,9' },
    solver: { type: 'string', default: 'heun' },
    batch: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '9' },
  },
})
const [source] = positionals
if (source === undefined || values.out === undefined) {
  throw new Error('usage: model-speed <folder of a model> --out <folder> [--nfe 3,5,9] [--solver heun]')
}
const [folder, out] = [resolve(source), resolve(values.out)]
const [batchSize, rounds] = [Number(values.batch), Number(values.rounds)]
const solver = values.solver as 'heun'

interface Spent {
  readonly nfe: number
  readonly milliseconds: number
}

/** Medians over the rounds, after one warm-up call. */
async function timesOf(sample: (request: SampleRequest) => Promise<Spent>) {
  const times = []
  for (const nfe of values.nfe.split(',').map(Number)) {
    const request = { solver, nfe, count: batchSize, batchSize }
    const { nfe: spent } = await sample({ ...request, seed: 0 })
    const calls: number[] = []
    for (let seed = 1; seed <= rounds; seed++) calls.push((await sample({ ...request, seed })).milliseconds)
    times.push({ solver, nfe: spent, milliseconds: median(calls) / batchSize })
  }
  return times
}

interface Environment {
  readonly runtime: string
  readonly device: 'cpu' | 'wasm'
  readonly dtype: string
  readonly threads: number
}

async function write(
  name: string,
  { threads, ...environment }: Environment,
  times: Awaited<ReturnType<typeof timesOf>>,
) {
  const cores = availableParallelism()
  const record = {
    ...{ format: 'mixflow-speed', version: 1, denoiser: denoiserOf(manifest, environment.dtype), ...environment },
    machine: { processor: cpus()[0]?.model.trim() ?? 'unknown', cores, threads },
    ...{ batchSize, rounds, times },
  }
  const path = join(out, `${name}.json`)
  await mkdir(out, { recursive: true })
  await writeFile(path, `${JSON.stringify(record, null, 2)}\n`)
  for (const { solver, nfe, milliseconds } of times) {
    console.log(
      `${environment.device}, ${environment.runtime}: ${solver}, ${nfe} NFE, ${milliseconds.toFixed(2)} ms per image`,
    )
  }
  console.log(path)
}

const denoiserOf = ({ files }: Manifest, dtype: string): string =>
  files.find(file => file.role === 'denoiser' && file.dtype === dtype)?.sha256 as string

const model = await loadModel(folder, { device: 'cpu' })
const { manifest } = model
const inNode = await timesOf(request => model.sample(request))
const node = process.versions.node.split('.').slice(0, 2).join('.')
const { dtype } = model.capabilities()
await write('node-cpu', { runtime: `Node ${node}`, device: 'cpu', dtype, threads: availableParallelism() }, inNode)
await model.dispose()

const executable = findChromium()
if (executable !== null) {
  await using open = await openBenchPage<typeof mixflowPage>(executable, 'model-speed-page', { model: folder })
  const inPage = await timesOf(request => open.call('sample', request))
  const used = await open.call('dtype')
  const version = open.page.context().browser()?.version().split('.')[0]
  await write('chromium-wasm', { runtime: `Chromium ${version}`, device: 'wasm', dtype: used, threads: 1 }, inPage)
}
process.exit()
