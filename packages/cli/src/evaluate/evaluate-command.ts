/**
 * `mixflow evaluate`: how good a run, a checkpoint or an exported model is. By its samples (Fréchet distance, Inception score,
 * precision and recall, near copies of training images) for each solver at each number of evaluations; by its trajectories; and by its
 * flow loss. What was measured is kept in a folder: the same command goes on after a kill, and one that asks for more measures
 * only what is new.
 */

import { availableParallelism } from 'node:os'
import {
  type Extractor,
  localWorker,
  measureModel,
  openExtractor,
  type PartWorker,
  type StoredExtractor,
} from '@mixflow/measure'
import { type DataProgress, flowLosses, type OpenDataOptions, openHeldOut } from '@mixflow/train'
import { openDataOrList } from '../data/open-data-or-list.ts'
import { interruptible } from '../terminal/interruptible.ts'
import { jsonText } from '../terminal/json-text.ts'
import { progressBar } from '../terminal/progress-bar.ts'
import { statusLine } from '../terminal/status-line.ts'
import { askedMetrics, askedSolvers, type EvaluateFlags } from './evaluate-flags.ts'
import type { EvaluationResult } from './evaluation.ts'
import { evaluationText } from './evaluation-text.ts'
import { badImagesOf, dataOf, folderOf, type Job, shareOf } from './job.ts'
import { neighboursPicture } from './neighbours-picture.ts'
import { type GeneratorOptions, openGenerator } from './open-generator.ts'
import { plannedSamples } from './planned-samples.ts'
import { workerProcesses } from './worker-processes.ts'
import { writeEvaluation } from './write-evaluation.ts'

/** Told on Ctrl-C, where there is something to go on from. */
function ending({ metrics, out }: EvaluateFlags): void {
  const isKept = out !== undefined || metrics.some(metric => metric !== 'curvature' && metric !== 'loss')
  if (isKept) process.stderr.write('\nending; the same command goes on from here\n')
}

export const evaluateCommand = (place: string, flags: EvaluateFlags): Promise<void> =>
  interruptible(
    async signal => {
      const asked = askedMetrics(flags)
      const solvers = askedSolvers(flags)
      const status = statusLine()
      try {
        status.show(`load ${place}`)
        const { workers } = flags
        const { backend, device, dtype } = flags
        const threads =
          flags.threads ?? (workers > 1 ? Math.max(1, Math.floor(availableParallelism() / workers)) : undefined)
        const options: GeneratorOptions = { backend, device, dtype, threads }
        await using generator = await openGenerator(place, { ...options, signal })
        const job: Job = { place, flags, asked, options, solvers, generator, status, signal }
        const { result, neighbours } = await measured(job)
        status.clear()
        const folder = asked.samples.length > 0 || flags.out !== undefined ? folderOf(job) : null
        const written = folder === null ? null : await writeEvaluation(folder, { result, neighbours })
        const text = flags.json ? jsonText(result) : evaluationText(result)
        process.stdout.write(`${text}\n${written === null || flags.json ? '' : `\n${written}\n`}`)
      } finally {
        status.clear()
      }
    },
    () => ending(flags),
  )

interface Measured {
  readonly result: EvaluationResult
  /** PNG of the samples nearest to training images; null where that was not asked. */
  readonly neighbours: Uint8Array | null
}

async function measured(job: Job): Promise<Measured> {
  const { place, flags, asked, generator, status, signal } = job
  const { seed, batchSize, count, steps } = flags
  const { id, model, facts, device } = generator
  const samples = asked.samples.length === 0 ? null : await plannedSamples(job)
  const trajectories = asked.curvature ? { count, steps, batchSize } : null
  const loss = asked.loss ? await measuredLoss(job) : null
  const needsWork = samples !== null || trajectories !== null
  await using staff = needsWork ? await workersFor(job, samples?.features ?? null) : null
  const since = performance.now()
  const found = await measureModel({
    ...{ id, model, workers: staff?.workers ?? [idle], samples: samples?.options ?? null, trajectories, seed, signal },
    folder: samples === null && flags.out === undefined ? null : folderOf(job),
    onProgress: ({ fraction, kept }) => {
      const rate = (fraction - kept) / (performance.now() - since)
      const left = fraction > kept ? (1 - fraction) / rate / 1000 : undefined
      status.show(`${progressBar(fraction, left)}  evaluate ${place}`)
    },
  })
  const { source, sampler } = model
  const mixtureWeight = source?.kappa === 'label' || source?.kappa === 'noise' ? sampler.mixtureWeight : 0
  const { settings, trajectories: curved } = found
  const result: EvaluationResult = {
    subject: { ...facts, id, device },
    seed,
    samples: samples?.facts ?? null,
    settings,
    trajectories: curved,
    mixtureWeight,
    loss,
  }
  if (!asked.samples.includes('neighbours')) return { result, neighbours: null }
  const onProgress = (fraction: number) => status.show(`${progressBar(fraction)}  draw neighbours`)
  const drawing = { generator, data: samples!.data!, seed, signal, onProgress }
  return { result, neighbours: await neighboursPicture(settings, drawing) }
}

const idle: PartWorker = { run: () => Promise.reject(new Error('there is nothing to do')) }

async function measuredLoss(job: Job): Promise<EvaluationResult['loss']> {
  const { flags, generator, status, signal, place } = job
  const { channels, height, width } = generator.model.image
  const options = {
    ...badImagesOf(job),
    channels: channels === 1 ? 1 : 3,
    ...(height === width ? { size: height } : {}),
    ...(flags.data === undefined && generator.limit !== null ? { limit: generator.limit } : {}),
    onProgress: ({ phase, what, done, total }: DataProgress) =>
      status.show(`${progressBar(shareOf(done, total))}  ${phase} ${what}`),
    signal,
  } satisfies OpenDataOptions
  const data = await openDataOrList(flags.data ?? dataOf(job), options, openHeldOut)
  const { count, batchSize, seed } = flags
  const onProgress = (fraction: number) => status.show(`${progressBar(fraction)}  flow loss of ${place}`)
  const losses = await flowLosses(generator, data, { count, batchSize, seed, signal, onProgress })
  return { ...losses, data: { name: data.name, split: data.split } }
}

async function workersFor(
  { place, flags, options, generator }: Job,
  features: StoredExtractor | null,
): Promise<AsyncDisposable & { readonly workers: readonly PartWorker[] }> {
  const { threads } = options
  if (flags.workers > 1) {
    const extractor = features && { network: features.network, description: features.description }
    return workerProcesses(flags.workers, { place, id: generator.id, generator: options, extractor })
  }
  const opened: Extractor | null =
    features && (await openExtractor(features.network, features.description, threads === undefined ? {} : { threads }))
  return { workers: [localWorker(generator, opened)], [Symbol.asyncDispose]: async () => opened?.dispose() }
}
