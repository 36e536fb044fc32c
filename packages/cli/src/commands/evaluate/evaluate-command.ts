/**
 * `mixflow evaluate`: measures a run, a checkpoint or an exported model on its samples, for each solver and NFE; on its trajectories;
 * and by its flow loss. Results are stored in a folder part by part: the same command resumes after a kill, and a command with other
 * metrics measures only what is missing.
 */

import { availableParallelism } from 'node:os'
import { defaultMixtureWeight, defined } from '@mixflow/core/internal'
import {
  type Extractor,
  localWorker,
  measureModel,
  openExtractor,
  type PartWorker,
  type StoredExtractor,
} from '@mixflow/measure'
import { flowLosses, openHeldOut } from '@mixflow/train'
import { interruptible } from '../../terminal/signals.ts'
import { statusLine } from '../../terminal/status-line.ts'
import { jsonText, print } from '../../terminal/text.ts'
import { openDataOrList } from '../open-data.ts'
import {
  dataOf,
  type EvaluateFlags,
  type EvaluationResult,
  folderOf,
  type Job,
  progressBar,
  requestedMetrics,
  requestedSolvers,
} from './evaluation.ts'
import { writeEvaluation } from './evaluation-files.ts'
import { evaluationText } from './evaluation-text.ts'
import { neighboursImage } from './neighbours-image.ts'
import { type GeneratorOptions, openGenerator } from './open-generator.ts'
import { plannedSamples } from './planned-samples.ts'
import { workerProcesses } from './workers.ts'

export const evaluateCommand = (source: string, flags: EvaluateFlags): Promise<void> =>
  interruptible(
    async signal => {
      const metrics = requestedMetrics(flags)
      const solvers = requestedSolvers(flags)
      using status = statusLine()
      status.show(`load ${source}`)
      const { workers, backend, device, dtype } = flags
      const workerThreads = workers > 1 ? Math.max(1, Math.floor(availableParallelism() / workers)) : undefined
      const options: GeneratorOptions = { backend, device, dtype, threads: flags.threads ?? workerThreads }
      await using generator = await openGenerator(source, { ...options, signal })
      const job: Job = { source, flags, metrics, options, solvers, generator, status, signal }
      const { result, neighbours } = await measure(job)
      status.clear()
      const folder = metrics.samples.length > 0 || flags.out !== undefined ? folderOf(job) : null
      const written = folder === null ? null : await writeEvaluation(folder, { result, neighbours })
      if (flags.json) return print(jsonText(result))
      print(evaluationText(result))
      if (written !== null) print(`\n${written}`)
    },
    () => {
      const isStored = flags.out !== undefined || flags.metrics.some(name => name !== 'curvature' && name !== 'loss')
      if (isStored) process.stderr.write('\nstopping; run the same command again to resume\n')
    },
  )

/** @returns `neighbours` as a PNG; null where that was not requested */
async function measure(
  job: Job,
): Promise<{ readonly result: EvaluationResult; readonly neighbours: Uint8Array | null }> {
  const { source, flags, metrics, generator, status, signal } = job
  const { seed, batchSize, count, steps } = flags
  const { id, model, facts, device } = generator
  const samples = metrics.samples.length === 0 ? null : await plannedSamples(job)
  const trajectories = metrics.curvature ? { count, steps, batchSize } : null
  const loss = metrics.loss ? await measureLoss(job) : null
  await using pool =
    samples === null && trajectories === null ? null : await openWorkers(job, samples?.features ?? null)
  const since = performance.now()
  const measured = await measureModel({
    id,
    model,
    workers: pool?.workers ?? [idle],
    samples: samples?.options ?? null,
    trajectories,
    seed,
    signal,
    folder: samples === null && flags.out === undefined ? null : folderOf(job),
    onProgress: ({ fraction, resumed }) => {
      const rate = (fraction - resumed) / (performance.now() - since)
      const left = fraction > resumed ? (1 - fraction) / rate / 1000 : undefined
      status.show(`${progressBar(fraction, left)}  evaluate ${source}`)
    },
  })
  const { settings } = measured
  const result: EvaluationResult = {
    subject: { ...facts, id, device },
    seed,
    samples: samples?.facts ?? null,
    settings,
    trajectories: measured.trajectories,
    mixtureWeight: defaultMixtureWeight(model),
    loss,
  }
  if (!metrics.samples.includes('neighbours')) return { result, neighbours: null }
  const onProgress = (fraction: number) => status.show(`${progressBar(fraction)}  draw neighbours`)
  return {
    result,
    neighbours: await neighboursImage(settings, { generator, data: samples!.data!, seed, signal, onProgress }),
  }
}

const idle: PartWorker = { run: () => Promise.reject(new Error('there is nothing to measure')) }

async function measureLoss(job: Job): Promise<EvaluationResult['loss']> {
  const { flags, generator, status, signal, source } = job
  const { count, batchSize, seed } = flags
  const { spec, options } = dataOf(job)
  const limit = flags.data === undefined && generator.limit !== null ? { limit: generator.limit } : {}
  const data = await openDataOrList(spec, { ...options, ...limit }, openHeldOut)
  const onProgress = (fraction: number) => status.show(`${progressBar(fraction)}  flow loss of ${source}`)
  const losses = await flowLosses(generator, data, { count, batchSize, seed, signal, onProgress })
  return { ...losses, data: { name: data.name, split: data.split } }
}

async function openWorkers(
  { source, flags, options, generator }: Job,
  features: StoredExtractor | null,
): Promise<AsyncDisposable & { readonly workers: readonly PartWorker[] }> {
  if (flags.workers > 1) {
    const extractor = features && { network: features.network, description: features.description }
    return workerProcesses(flags.workers, { source, id: generator.id, generator: options, extractor })
  }
  const { threads } = options
  const extractor: Extractor | null =
    features && (await openExtractor(features.network, features.description, defined({ threads })))
  return { workers: [localWorker(generator, extractor)], [Symbol.asyncDispose]: async () => extractor?.dispose() }
}
