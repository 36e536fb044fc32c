/**
 * `mixflow experiment few-step`: does the runs that are not done yet, one after the other, then writes tables and pictures. It can be
 * ended at any moment and started again; started several times at once, the processes share the runs among them.
 */

import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { checkWord, shellWord } from '@mixflow/core/internal'
import { writeFileDurably } from '@mixflow/files'
import { findExtractor, openExtractor, referenceOf } from '@mixflow/measure'
import { dataCacheFolder, lockRun, openData, type ProgressDisplay, progressDisplay, useBackend } from '@mixflow/train'
import { interruptible } from '../terminal/interruptible.ts'
import { UsageError } from '../terminal/usage-error.ts'
import { type Bench, doRun, plannedIdentity } from './do-run.ts'
import { experimentRunText, identityOf, isSameRun, readExperimentRun } from './experiment-run.ts'
import { fewStepData, fewStepMeasuring } from './few-step.ts'
import { type PlannedRun, planRuns } from './plan-runs.ts'
import { writeExperimentReport } from './report/write-experiment-report.ts'

export interface ExperimentFlags {
  readonly data?: string
  readonly methods?: string
  readonly seeds?: string
  readonly steps?: number
  readonly set: readonly string[]
  readonly out: string
  readonly runs: string
  readonly report?: string
  readonly reportOnly?: boolean
  readonly threads?: number
}

export async function experimentCommand(experiment: string, flags: ExperimentFlags): Promise<void> {
  checkWord(experiment, ['few-step'], { what: 'experiment' })
  if (flags.reportOnly) return report(flags)
  const { data } = flags
  if (data === undefined) {
    throw new UsageError('what should be trained on?', 'mixflow experiment few-step --data cifar10, or --data mnist')
  }
  const runs = planRuns({ ...flags, data })
  const display = progressDisplay(process.stdout)
  try {
    await interruptible(async signal => {
      await using bench = await openBench(runs[0]!, { display, signal, threads: flags.threads })
      const { out, runs: work } = flags
      for (const run of runs) await finish(run, { ...bench, out, work, display, signal })
    })
  } finally {
    display.close()
  }
  await report(flags)
}

async function report({ out, report: file = join(out, 'README.md') }: ExperimentFlags): Promise<void> {
  const written = await writeExperimentReport({ results: out, file })
  process.stdout.write(`${written.map(path => `report      ${path}`).join('\n')}\n`)
}

interface Watched {
  readonly display: ProgressDisplay
  readonly signal: AbortSignal
}

/** What all runs of a data set share. */
async function openBench(
  { config, dataName }: PlannedRun,
  { display, signal, threads }: Watched & { readonly threads: number | undefined },
): Promise<Bench & AsyncDisposable> {
  await useBackend({ backend: 'onnx', threads })
  const data = await openData(config.data, {
    onProgress: progress => display.show({ type: 'data', progress }),
    signal,
  })
  const stored = await findExtractor(fewStepData[dataName].extractor)
  const extractor = await openExtractor(stored.network, stored.description, threads === undefined ? {} : { threads })
  const reference = await referenceOf(data, extractor, {
    ...{ cacheDir: join(dataCacheFolder(), 'statistics'), statistics: stored.statistics, signal },
  })
  const cores = availableParallelism()
  return {
    ...{ data, extractor, reference, measuring: fewStepMeasuring },
    machine: {
      ...{ processor: cpus()[0]?.model.trim() ?? 'unknown', cores, threads: threads ?? cores },
      node: process.versions.node,
    },
    [Symbol.asyncDispose]: () => extractor.dispose(),
  }
}

type Finishing = Bench & Watched & { readonly out: string; readonly work: string }

/** Does a run unless its record is there, or another process is at it. */
async function finish(run: PlannedRun, options: Finishing): Promise<void> {
  const { out, work, display } = options
  const [path, folder] = [join(out, `${run.name}.json`), join(work, run.name)]
  const say = (text: string) => display.show({ type: 'note', text })
  if (await isDone(run, path, options)) return say(`${run.name}: done`)
  const unlock = await lockRun({ folder }).catch(error => {
    if (MixflowError.is(error) && error.code === 'TRAIN_BUSY') return null
    throw error
  })
  if (unlock === null) return say(`${run.name}: another process is at it`)
  try {
    if (await isDone(run, path, options)) return say(`${run.name}: done`)
    say(`${run.name}:`)
    const record = await doRun(run, {
      ...{ ...options, folder },
      command: ['mixflow', ...process.argv.slice(2)].map(shellWord).join(' '),
      onTrainEvent: event => display.show(event),
      onMeasure: text => display.show({ type: 'phase', text }),
    })
    await writeFileDurably(path, experimentRunText(record))
    say(`result      ${path}`)
  } finally {
    await unlock()
  }
}

async function isDone(run: PlannedRun, path: string, bench: Bench): Promise<boolean> {
  const record = await readExperimentRun(path)
  if (record === null) return false
  if (isSameRun(identityOf(record), plannedIdentity(run, bench))) return true
  throw new MixflowError('OUTPUT_EXISTS', `${path} is the result of another configuration`, {
    hint: 'write into another folder (--out), or move that file away',
    details: { path },
  })
}
