/**
 * Measures of a denoiser that need no other network: the flow loss by time, from N(0, I) and, with an encoder, from the
 * κ-conditioned source at w = ½ and 1; and the curvature of trajectories from the source that sampling starts from. Without
 * guidance. The results are a pure function of seed, images and networks.
 */

import { curvature, type Labels, MixflowError, permutation, type SampleBackend, type SamplerModel } from '@mixflow/core'
import { defaultMixtureWeight, drawSource, type LossByTime, lossByTime, sameClasses } from '@mixflow/core/internal'
import type { Dataset } from '../data/dataset.ts'

/** Networks and the facts about them, of a checkpoint or of a loaded model. */
export interface EvaluatedModel {
  readonly model: SamplerModel
  readonly backend: Pick<SampleBackend<Float32Array>, 'velocity' | 'encode'>
}

export interface EvaluateOptions {
  /** Number of images, drawn from the data with the seed; at most all of them. Default: 512. */
  readonly count?: number
  readonly seed?: number
  /** Default: 64. */
  readonly batchSize?: number
  /** Euler steps of the trajectories for the curvature. Default: 128. */
  readonly steps?: number
  readonly signal?: AbortSignal | undefined
  /** Called with the fraction done, 0..1. */
  readonly onProgress?: ((fraction: number) => void) | undefined
}

export interface SourceLoss extends LossByTime {
  /** w of the source: 0 is N(0, I), 1 is κ-FC. */
  readonly mixtureWeight: number
}

export interface Evaluation {
  readonly images: number
  readonly seed: number
  /** For each source, N(0, I) first. */
  readonly flowLoss: readonly SourceLoss[]
  readonly curvature: {
    readonly mean: number
    /** Over the trajectories. */
    readonly standardDeviation: number
    readonly trajectories: number
    readonly steps: number
    /** w of the source that the trajectories start from. */
    readonly mixtureWeight: number
  }
}

const bins = 10

/** @throws MixflowError ARGUMENT_INVALID if the data do not fit the model, ABORTED */
export async function evaluate(
  evaluated: EvaluatedModel,
  data: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { steps = 128, onProgress } = options
  checkCount('steps', steps)
  const { work, sources, images } = prepared(evaluated, data, options)
  const evaluations = sources.length * bins + steps
  const share = (sources.length * bins) / evaluations
  const report = (fraction: number) => onProgress?.(fraction * share)
  const flowLoss = await measureLosses({ ...work, report }, sources)
  const mixtureWeight = sources.length > 1 ? defaultMixtureWeight(evaluated.model) : 0
  const rest = (fraction: number) => onProgress?.(share + fraction * (1 - share))
  const curved = await measureCurvature({ ...work, report: rest }, { mixtureWeight, steps })
  onProgress?.(1)
  return { images: images.count, seed: work.seed, flowLoss, curvature: curved }
}

/** The flow loss for each source. @throws as `evaluate` */
export async function flowLosses(
  evaluated: EvaluatedModel,
  data: Dataset,
  options: Omit<EvaluateOptions, 'steps'> = {},
): Promise<Omit<Evaluation, 'curvature'>> {
  const { work, sources, images } = prepared(evaluated, data, options)
  const report = (fraction: number) => options.onProgress?.(fraction)
  const flowLoss = await measureLosses({ ...work, report }, sources)
  report(1)
  return { images: images.count, seed: work.seed, flowLoss }
}

function prepared(evaluated: EvaluatedModel, data: Dataset, options: EvaluateOptions) {
  const { count = 512, seed = 0, batchSize = 64, signal } = options
  for (const [name, value] of Object.entries({ count, batchSize })) checkCount(name, value)
  checkData(evaluated.model, data)
  const images = chooseImages(evaluated.model, data, { count, seed })
  const work: Work = { ...evaluated, images, seed, batchSize, signal, report: () => {} }
  return { work, images, sources: sourcesOf(evaluated, data) }
}

async function measureLosses(work: Work, sources: readonly number[]): Promise<SourceLoss[]> {
  const losses: SourceLoss[] = []
  for (const mixtureWeight of sources) {
    const before = losses.length
    const report = (fraction: number) => work.report((before + fraction) / sources.length)
    losses.push(await measureLoss({ ...work, report }, mixtureWeight))
  }
  return losses
}

/** The inputs of all measurements. */
interface Work extends EvaluatedModel {
  readonly images: MeasuredImages
  readonly seed: number
  readonly batchSize: number
  readonly signal: AbortSignal | undefined
  report(fraction: number): void
}

/** The images, in memory. */
interface MeasuredImages {
  readonly x1: Float32Array
  /** The number of classes for "no label". Absent if the model has no classes. */
  readonly label: Int32Array | undefined
  readonly count: number
  readonly elementsPerImage: number
}

async function measureLoss(work: Work, mixtureWeight: number): Promise<SourceLoss> {
  const { model, backend, images, seed, batchSize, signal, report } = work
  const { x1, label, elementsPerImage } = images
  const loss = await lossByTime((x, inputs) => backend.velocity(x, inputs), {
    x0: await sourceImages(work, mixtureWeight),
    ...{ x1, label, elementsPerImage, seed, bins, batchSize, signal, onProgress: report },
    mixtureWeight: model.source?.conditionOnWeight ? mixtureWeight : undefined,
  })
  return { mixtureWeight, ...loss }
}

async function measureCurvature(
  work: Work,
  { mixtureWeight, steps }: { mixtureWeight: number; steps: number },
): Promise<Evaluation['curvature']> {
  const { model, backend, images, signal, report } = work
  const { label, count, elementsPerImage } = images
  const x0 = await sourceImages(work, mixtureWeight)
  const perImage: number[] = []
  for (const [first, last] of batchesOf(work)) {
    const filled = (value: number) => new Float32Array(last - first).fill(value)
    const velocity = async (x: Float32Array, t: number) => {
      report((first + (last - first) * t) / count)
      return backend.velocity(x, {
        t: filled(t),
        ...(label && { label: label.subarray(first, last) }),
        ...(model.source?.conditionOnWeight && { w: filled(mixtureWeight) }),
      })
    }
    const start = x0.subarray(first * elementsPerImage, last * elementsPerImage)
    const measured = await curvature(velocity, start, { elementsPerImage, steps, ...(signal && { signal }) })
    perImage.push(...measured.perImage)
  }
  const mean = average(perImage)
  const standardDeviation = Math.sqrt(average(perImage.map(value => (value - mean) ** 2)))
  return { mean, standardDeviation, trajectories: count, steps, mixtureWeight }
}

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** First image (included) and last (excluded) of each batch. */
function batchesOf({ images: { count }, batchSize }: Work): (readonly [first: number, last: number])[] {
  return Array.from({ length: Math.ceil(count / batchSize) }, (_, i) => [
    i * batchSize,
    Math.min(count, (i + 1) * batchSize),
  ])
}

/** The mixture weights to measure: 0, ½ and 1 if κ is available, else 0. */
function sourcesOf({ model, backend }: EvaluatedModel, data: Dataset): readonly number[] {
  if (model.source === null || backend.encode === undefined) return [0]
  return model.source.kappa === 'label' && data.labels === null ? [0] : [0, 0.5, 1]
}

async function sourceImages(work: Work, mixtureWeight: number): Promise<Float32Array> {
  const { model, backend, seed, images } = work
  const { x1, label, elementsPerImage } = images
  const x0 = new Float32Array(x1.length)
  for (const [first, last] of batchesOf(work)) {
    const part = await drawSource({
      ...{ source: model.source, mixtureWeight, seed, firstImage: first, images: last - first, elementsPerImage },
      x1: x1.subarray(first * elementsPerImage, last * elementsPerImage),
      label: label?.subarray(first, last),
      encode: backend.encode?.bind(backend),
    })
    x0.set(part, first * elementsPerImage)
  }
  return x0
}

/** Images in random order, because data sets are often sorted by class. */
function chooseImages(
  model: SamplerModel,
  data: Dataset,
  { count, seed }: { count: number; seed: number },
): MeasuredImages {
  const order = permutation({ seed, stream: 'order', index: 0, length: data.count }).subarray(0, count)
  const { images: x1, labels } = data.batch(order)
  const label = model.labels === null ? undefined : (labels ?? new Int32Array(order.length).fill(model.labels.count))
  return { x1, label, count: order.length, elementsPerImage: x1.length / order.length }
}

function checkData({ image, labels }: SamplerModel, data: Dataset): void {
  const shape = (of: { channels: number; height: number; width: number }) => `${of.channels}×${of.height}×${of.width}`
  const refuse = (message: string) =>
    new MixflowError('ARGUMENT_INVALID', message, {
      hint: 'use the data that the model was trained on, or data of the same kind: --data',
    })
  if (shape(data) !== shape(image)) {
    throw refuse(`the images of ${data.name} are ${shape(data)}, those of the model ${shape(image)}`)
  }
  if (labels?.required && data.classNames === null) {
    throw refuse(`${data.name} has no labels, and the model needs one for each image`)
  }
  const other = otherClasses(labels, data)
  if (other !== null) throw refuse(other)
}

/** Describes how the classes of the data differ from the model's in number, name or order; null if they do not or are unknown. */
export function otherClasses(
  labels: Labels | null,
  { name, classNames }: Pick<Dataset, 'name' | 'classNames'>,
): string | null {
  if (labels === null || classNames === null) return null
  if (sameClasses(labels, { count: classNames.length, names: classNames })) return null
  if (classNames.length !== labels.count) return `${name} has ${classNames.length} classes, the model ${labels.count}`
  const listed = (names: readonly string[]) => `${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`
  return `the classes of ${name} are ${listed(classNames)}, those of the model ${listed(labels.names!)}`
}

function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return
  throw new MixflowError('ARGUMENT_INVALID', `${name} must be a whole number from 1, got ${value}`)
}
