/**
 * The flow loss of a denoiser by time, which needs no other network: from N(0, I) and, with an encoder, from the κ-conditioned source
 * at w = ½ and 1. Without guidance. The results are a pure function of seed, images and networks.
 */

import { type Labels, MixflowError, permutation, type SampleBackend, type SamplerModel } from '@mixflow/core'
import { drawSource, type LossByTime, lossByTime, sameClasses } from '@mixflow/core/internal'
import type { Dataset } from '../data/dataset.ts'

/** Networks and the facts about them, of a checkpoint or of a loaded model. */
export interface EvaluatedModel {
  readonly model: SamplerModel
  readonly backend: Pick<SampleBackend<Float32Array>, 'velocity' | 'encode'>
}

export interface FlowLossOptions {
  /** Number of images, drawn from the data with the seed; at most all of them. Default: 512. */
  readonly count?: number
  readonly seed?: number
  /** Default: 64. */
  readonly batchSize?: number
  readonly signal?: AbortSignal | undefined
  /** Called with the fraction done, 0..1. */
  readonly onProgress?: ((fraction: number) => void) | undefined
}

export interface SourceLoss extends LossByTime {
  /** w of the source: 0 is N(0, I), 1 is κ-FC. */
  readonly mixtureWeight: number
}

export interface FlowLosses {
  readonly images: number
  readonly seed: number
  /** For each source, N(0, I) first. */
  readonly flowLoss: readonly SourceLoss[]
}

const bins = 10

/** The flow loss for each source. @throws MixflowError ARGUMENT_INVALID if the data do not fit the model, ABORTED */
export async function flowLosses(
  { model, backend }: EvaluatedModel,
  data: Dataset,
  options: FlowLossOptions = {},
): Promise<FlowLosses> {
  const { count = 512, seed = 0, batchSize = 64, signal, onProgress } = options
  for (const [name, value] of Object.entries({ count, batchSize })) {
    if (Number.isInteger(value) && value >= 1) continue
    throw new MixflowError('ARGUMENT_INVALID', `${name} must be a whole number from 1, got ${value}`)
  }
  checkData(model, data)
  // in random order, because data sets are often sorted by class
  const order = permutation({ seed, stream: 'order', index: 0, length: data.count }).subarray(0, count)
  const { images: x1, labels } = data.batch(order)
  const images = order.length
  const elementsPerImage = x1.length / images
  // the number of classes is "no label"
  const label = model.labels === null ? undefined : (labels ?? new Int32Array(images).fill(model.labels.count))

  const sourceImages = async (mixtureWeight: number): Promise<Float32Array> => {
    const x0 = new Float32Array(x1.length)
    for (let first = 0; first < images; first += batchSize) {
      const last = Math.min(images, first + batchSize)
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
  const isConditioned =
    model.source !== null && backend.encode !== undefined && (model.source.kappa !== 'label' || data.labels !== null)
  const sources = isConditioned ? [0, 0.5, 1] : [0]
  const flowLoss: SourceLoss[] = []
  for (const [before, mixtureWeight] of sources.entries()) {
    const loss = await lossByTime((x, inputs) => backend.velocity(x, inputs), {
      x0: await sourceImages(mixtureWeight),
      ...{ x1, label, elementsPerImage, seed, bins, batchSize, signal },
      mixtureWeight: model.source?.conditionOnWeight ? mixtureWeight : undefined,
      onProgress: fraction => onProgress?.((before + fraction) / sources.length),
    })
    flowLoss.push({ mixtureWeight, ...loss })
  }
  onProgress?.(1)
  return { images, seed, flowLoss }
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
