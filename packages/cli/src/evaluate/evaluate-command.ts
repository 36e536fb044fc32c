/**
 * `mixflow evaluate`: how good a run, a checkpoint or an exported model is. By its samples (Fréchet distance, Inception score,
 * precision and recall, near copies of training images) for each solver at each number of evaluations; by its trajectories; and by its
 * flow loss. What was measured is kept in a folder: the same command goes on after a kill, and one that asks for more measures
 * only what is new.
 */

import { availableParallelism } from 'node:os'
import { defined, MixflowError, type SolverName } from '@mixflow/core'
import {
  comparesWithData,
  type Extractor,
  localWorker,
  measureModel,
  openExtractor,
  type PartWorker,
  planSettings,
  type Reference,
  referenceOf,
  type SampleOptions,
  type SettingsPlan,
  type StoredExtractor,
  shippedReference,
} from '@mixflow/measure'
import { cacheFolder, type Dataset, dataNames, flowLosses, openData, openHeldOut } from '@mixflow/train'
import { labelOf } from '../sample/label-of.ts'
import { interruptible } from '../terminal/interruptible.ts'
import { progressBar } from '../terminal/progress-bar.ts'
import { type StatusLine, statusLine } from '../terminal/status-line.ts'
import { type AskedMetrics, askedMetrics, askedSolvers, type EvaluateFlags } from './evaluate-flags.ts'
import type { EvaluationResult, SampleFacts } from './evaluation.ts'
import { evaluationText } from './evaluation-text.ts'
import { neighboursPicture } from './neighbours-picture.ts'
import { openFeatures } from './open-features.ts'
import { evaluationFolder, type GeneratorOptions, type OpenGenerator, openGenerator } from './open-generator.ts'
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
        const text = flags.json ? JSON.stringify(result, null, 2) : evaluationText(result)
        process.stdout.write(`${text}\n${written === null || flags.json ? '' : `\n${written}\n`}`)
      } finally {
        status.clear()
      }
    },
    () => ending(flags),
  )

interface Job {
  readonly place: string
  readonly flags: EvaluateFlags
  readonly asked: AskedMetrics
  readonly options: GeneratorOptions
  readonly solvers: readonly SolverName[] | undefined
  readonly generator: OpenGenerator
  readonly status: StatusLine
  readonly signal: AbortSignal
}

const folderOf = ({ place, flags }: Job) => flags.out ?? evaluationFolder(place)

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
  const data = await openHeldOut(flags.data ?? dataOf(job), {
    channels: channels === 1 ? 1 : 3,
    ...(height === width ? { size: height } : {}),
    ...(flags.data === undefined && generator.limit !== null ? { limit: generator.limit } : {}),
    onProgress: ({ phase, what, done, total }) => status.show(`${progressBar(shareOf(done, total))}  ${phase} ${what}`),
    signal,
  })
  const { count, batchSize, seed } = flags
  const onProgress = (fraction: number) => status.show(`${progressBar(fraction)}  flow loss of ${place}`)
  const losses = await flowLosses(generator, data, { count, batchSize, seed, signal, onProgress })
  return { ...losses, data: { name: data.name, split: data.split } }
}

const shareOf = (done: number, total: number) => (total > 0 ? done / total : 1)

/** A run knows how it opened its data; a model only what they are called. */
function dataOf({ generator: { trainedOn, facts }, place }: Job): string {
  if (facts.kind === 'checkpoint' || (dataNames as readonly string[]).includes(trainedOn)) return trainedOn
  throw new MixflowError('DATA_UNKNOWN', `${place} was trained on "${trainedOn}", which is no data set known here`, {
    hint: 'say what to measure on: --data <name, folder or zip>',
    details: { dataset: trainedOn },
  })
}

// ---- samples -------------------------------------------------------------------------------------------------------

interface PlannedSamples {
  readonly options: SampleOptions
  readonly features: StoredExtractor
  readonly facts: SampleFacts
  /** The images that are compared with, where they had to be opened. */
  readonly data: Dataset | null
}

async function plannedSamples(job: Job): Promise<PlannedSamples> {
  const { flags, asked, status, signal } = job
  const { resize, rounding, n, ranges, batchSize } = flags
  const features = await openFeatures(flags.features ?? usualFeatures(job.generator), {
    ...{ resize, rounding, signal },
    onProgress: ({ phase, what, done, total }) => status.show(`${progressBar(shareOf(done, total))}  ${phase} ${what}`),
  })
  const { settings, left } = plannedSettings(job)
  const { reference, data } = asked.samples.some(comparesWithData) ? await openReference(job, features) : noReference
  const { name, sha256, resize: resized, rounding: rounded } = features.description
  const key = reference?.key
  return {
    ...{ features, data },
    options: { extractor: features.description, metrics: asked.samples, settings, reference, n, ranges, batchSize },
    facts: {
      ...{
        n,
        ranges,
        batchSize,
        guidance: guidanceOf(job),
        left,
        extractor: { name, sha256, resize: resized, rounding: rounded },
      },
      reference: key === undefined ? null : { data: key.data, split: key.split, count: key.count },
    },
  }
}

/** Digits have an extractor of their own; what is neither 28 nor 32 pixels wide is refused by either, with a hint. */
const usualFeatures = ({ model: { image } }: OpenGenerator): string =>
  image.channels === 1 && image.height === 28 && image.width === 28 ? 'mnist' : 'cifar10'

function guidanceOf({ flags, generator: { model } }: Job): number | null {
  if (model.labels === null) return null
  return flags.guidance ?? (flags.label?.toLowerCase() === 'none' ? 0 : model.sampler.guidance)
}

/** What is not said is the model's own. */
function plannedSettings({ flags, solvers, generator: { model } }: Job): SettingsPlan {
  const { guidance, mixtureWeight, gridPower, tolerance, perImage, label } = flags
  const common = defined({ guidance, mixtureWeight, gridPower, tolerance, perImage })
  const { solver, nfe } = model.sampler
  return planSettings({
    solvers: solvers ?? [solver],
    nfe: flags.nfe ?? [nfe ?? 9],
    common: { ...common, ...(label === undefined ? {} : { label: labelOf(label, model.labels) }) },
  })
}

interface OpenReference {
  readonly reference: Reference | null
  readonly data: Dataset | null
}

const noReference: OpenReference = { reference: null, data: null }

/** Of the training images: that is what a generator should be near. */
async function openReference(job: Job, { network, description, statistics }: StoredExtractor): Promise<OpenReference> {
  const { flags, asked, generator, status, signal } = job
  const { channels, height, width } = generator.model.image
  const spec = flags.data ?? dataOf(job)
  const needsRows = asked.samples.some(metric => metric === 'precision-recall' || metric === 'neighbours')
  if (!needsRows) {
    const named = { data: spec, split: 'train', channels, height, width }
    const shipped = await shippedReference(named, description, statistics)
    if (shipped !== null) return { reference: shipped, data: null }
  }
  const data = await openData(spec, {
    channels: channels === 1 ? 1 : 3,
    ...(height === width ? { size: height } : {}),
    onProgress: ({ phase, what, done, total }) => status.show(`${progressBar(shareOf(done, total))}  ${phase} ${what}`),
    signal,
  })
  const { threads } = flags
  const extractor = await openExtractor(network, description, threads === undefined ? {} : { threads })
  try {
    const reference = await referenceOf(data, extractor, {
      ...{ features: needsRows, cacheDir: cacheFolder('measures'), statistics, signal },
      onProgress: fraction => status.show(`${progressBar(fraction)}  features of ${data.name}`),
    })
    return { reference, data }
  } finally {
    await extractor.dispose()
  }
}

// ---- workers -------------------------------------------------------------------------------------------------------

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
