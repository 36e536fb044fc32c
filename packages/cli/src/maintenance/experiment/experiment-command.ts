/**
 * `mixflow experiment few-step`: does the missing runs one after another, then writes tables and charts. It can be interrupted at any time
 * and started again; several processes with the same command share the runs.
 */

import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { checkWord, defined } from '@mixflow/core/internal'
import { writeFileDurably } from '@mixflow/files'
import { findExtractor, openExtractor, referenceOf } from '@mixflow/measure'
import { dataCacheFolder, lockRun, openData, type ProgressDisplay, progressDisplay } from '@mixflow/train'
import { type BackendFlags, requestedBackend, startBackend } from '../../commands/start-backend.ts'
import { UsageError } from '../../terminal/errors.ts'
import { interruptible } from '../../terminal/signals.ts'
import { print } from '../../terminal/text.ts'
import { commandLine } from '../../terminal/this-program.ts'
import { type Bench, doRun, plannedIdentity } from './do-run.ts'
import { experimentRunText, identityOf, isSameRun, readExperimentRun } from './experiment-run.ts'
import { fewStepData, fewStepMeasuring, type PlannedRun, planRuns } from './few-step.ts'
import { writeExperimentReport } from './report.ts'

export interface ExperimentFlags extends BackendFlags {
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
  const { data, out, report = join(out, 'README.md') } = flags
  if (!flags.reportOnly) {
    if (data === undefined) {
      throw new UsageError('missing --data', 'mixflow experiment few-step --data cifar10, or --data mnist')
    }
    await doRuns(planRuns({ ...flags, data }), flags)
  }
  const written = await writeExperimentReport({ results: out, file: report })
  print(written.map(path => `report      ${path}`).join('\n'))
}

async function doRuns(runs: readonly PlannedRun[], { out, runs: work, ...flags }: ExperimentFlags): Promise<void> {
  const display = progressDisplay(process.stdout)
  try {
    await interruptible(async signal => {
      await using bench = await openBench(runs[0]!, { ...flags, display, signal })
      for (const run of runs) await finish(run, { ...bench, out, work, display, signal })
    })
  } finally {
    display.close()
  }
}

interface Watched {
  readonly display: ProgressDisplay
  readonly signal: AbortSignal
}

async function openBench(
  { config, dataName }: PlannedRun,
  { display, signal, threads, ...flags }: Watched & BackendFlags & { readonly threads?: number },
): Promise<Bench & AsyncDisposable> {
  const { backend, device, text } = await startBackend({
    ...(requestedBackend(flags) ?? { backend: 'onnx' }),
    threads,
  })
  const data = await openData(config.data, {
    onProgress: progress => display.show({ type: 'data', progress }),
    signal,
  })
  const stored = await findExtractor(fewStepData[dataName].extractor)
  const extractor = await openExtractor(stored.network, stored.description, defined({ threads }))
  const reference = await referenceOf(data, extractor, {
    cacheDir: join(dataCacheFolder(), 'statistics'),
    statistics: stored.statistics,
    signal,
  })
  const cores = availableParallelism()
  return {
    data,
    extractor,
    reference,
    measuring: fewStepMeasuring,
    machine: {
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      cores,
      threads: threads ?? cores,
      node: process.versions.node,
      ...(backend === 'onnx' && device === 'cpu' ? {} : { backend: text }),
    },
    [Symbol.asyncDispose]: () => extractor.dispose(),
  }
}

/** Does a run, unless its record exists or another process is working on it. */
async function finish(
  run: PlannedRun,
  options: Bench & Watched & { readonly out: string; readonly work: string },
): Promise<void> {
  const { out, work, display } = options
  const [path, folder] = [join(out, `${run.name}.json`), join(work, run.name)]
  const note = (text: string) => display.show({ type: 'note', text })
  if (await isDone(run, path, options)) return note(`${run.name}: done`)
  const unlock = await lockRun({ folder }).catch(error => {
    if (MixflowError.is(error) && error.code === 'TRAIN_BUSY') return null
    throw error
  })
  if (unlock === null) return note(`${run.name}: in progress in another process`)
  try {
    if (await isDone(run, path, options)) return note(`${run.name}: done`)
    note(`${run.name}:`)
    const record = await doRun(run, {
      ...options,
      folder,
      command: commandLine(),
      onTrainEvent: event => display.show(event),
      onMeasure: text => display.show({ type: 'phase', text }),
    })
    await writeFileDurably(path, experimentRunText(record))
    note(`result      ${path}`)
  } finally {
    await unlock()
  }
}

async function isDone(run: PlannedRun, path: string, bench: Bench): Promise<boolean> {
  const record = await readExperimentRun(path)
  if (record === null) return false
  if (isSameRun(identityOf(record), plannedIdentity(run, bench))) return true
  throw new MixflowError('OUTPUT_EXISTS', `${path} is the result of another configuration`, {
    hint: 'choose another folder with --out, or move that file away',
    details: { path },
  })
}
