/** Runs all benchmarks: `turbo run bench`, or `turbo run bench -- --only sampling --quick`. Exits with 1 if one of our sides failed. */

import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { checkWord } from '@mixflow/core/internal'
import { type Comparison, compare } from './compare.ts'
import type { Pace } from './measure.ts'
import { type ModelFolder, quickstartModel } from './quickstart-model.ts'
import { againstPytorch } from './workloads/against-pytorch.ts'
import { assignment } from './workloads/assignment.ts'
import { coldStart } from './workloads/cold-start.ts'
import { convolution } from './workloads/convolution.ts'
import { load } from './workloads/load.ts'
import { operatorCost } from './workloads/operators.ts'
import { trainingInPage } from './workloads/page.ts'
import { random } from './workloads/random.ts'
import { sampling } from './workloads/sampling.ts'
import { samplingInPage } from './workloads/sampling-page.ts'
import { serving } from './workloads/serving.ts'
import { trainStepping } from './workloads/train-step.ts'

const workloads = {
  'train-step': trainStepping,
  page: trainingInPage,
  sampling,
  serving,
  'sampling-page': samplingInPage,
  load,
  'cold-start': coldStart,
  convolution,
  operators: operatorCost,
  random,
  assignment,
  ...againstPytorch,
} satisfies Record<string, (folder: () => Promise<string>, threads?: number) => readonly Comparison[]>

type Name = keyof typeof workloads
const names = Object.keys(workloads) as Name[]

const full: Pace = { warmUps: 2, seconds: 20, leastRounds: 5 }
const quick: Pace = { warmUps: 2, seconds: 1, leastRounds: 2 }

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      threads: { type: 'string' },
    },
  })
  const selected = values.only?.map(name => checkWord(name, names, { what: 'benchmark' })) ?? names
  const pace = values.quick ? quick : full
  const threads = values.threads === undefined ? undefined : Number(values.threads)
  console.log(machine())
  console.log('a ratio above 1 means that we are faster: our rate (images, loads, numbers per second) over theirs')

  let made: Promise<ModelFolder> | undefined
  const folder = async () => (await (made ??= quickstartModel())).path
  try {
    for (const name of selected) {
      const make: (folder: () => Promise<string>, threads?: number) => readonly Comparison[] = workloads[name]
      await runAll(make(folder, threads), pace)
    }
  } finally {
    await (await made?.catch(() => undefined))?.[Symbol.asyncDispose]()
  }
}

async function runAll(comparisons: readonly Comparison[], pace: Pace): Promise<void> {
  for (const comparison of comparisons) {
    try {
      await compare(comparison, comparison.pace ?? pace)
    } catch (error) {
      console.log(`${comparison.workload}: failed: ${error instanceof Error ? error.stack : error}`)
      process.exitCode = 1
    }
  }
}

const machine = (): string =>
  `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.versions.node}`

await main().catch(error => {
  console.error(String(error))
  process.exitCode = 1
})
