/** The images of a run: sample grids, always from the same noise, and samples of the κ-conditioned source. */

import { float32Algebra, normals, type PlanarImage, sample } from '@mixflow/core'
import { elementsOf, encodeSource, mixSources, splitImages } from '@mixflow/core/internal'
import type * as tf from '@tensorflow/tfjs-core'
import type { Dataset } from '../data/dataset.ts'
import type { TensorSampler } from '../step/tensor-sampler.ts'
import type { TrainingModel } from '../step/training-model.ts'

/** Images per row. With classes, there is one row per class, up to `maxRows`; without, as many rows as columns. */
export const gridColumns = 8
const maxRows = 16

/** The class of each row of a sample grid, from the top; null without classes. */
export function gridRows({ labels }: TrainingModel): string[] | null {
  if (labels === null) return null
  const count = Math.min(labels.count, maxRows)
  return Array.from({ length: count }, (_, i) => labels.names?.[i] ?? String(i))
}

/** A grid of samples from the seed's noise, row by row: row r has class r. */
export async function sampleGrid(
  model: TrainingModel,
  sampler: TensorSampler,
  { parameters, signal }: { parameters: tf.Tensor; signal?: AbortSignal | undefined },
): Promise<readonly PlanarImage[]> {
  const rows = gridRows(model)?.length ?? gridColumns
  const count = rows * gridColumns
  const label = Array.from({ length: count }, (_, i) => Math.floor(i / gridColumns))
  const { images } = await sample(sampler.backend(parameters), model.sampler, {
    count,
    seed: model.config.seed,
    batchSize: count,
    ...(model.labels === null ? {} : { label }),
    ...(signal === undefined ? {} : { signal }),
  })
  return images
}

/** A row of images. The rows show the same images: the data, the encoder's mean, and x0 for w = 1, ½ and 0. */
export interface SourceRow {
  readonly name: string
  readonly images: readonly PlanarImage[]
}

/** null if the source is not conditioned on an image. */
export async function sourceRows(
  model: TrainingModel,
  sampler: TensorSampler,
  { parameters, data }: { parameters: tf.Tensor; data: Dataset },
): Promise<SourceRow[] | null> {
  if (model.source?.kappa !== 'image' || model.source.gaussian === 'off') return null
  const { source } = model
  const chosen = firstOfEach(data)
  const { images: x1, labels } = data.batch(chosen)
  const elementsPerImage = elementsOf(model.image)
  const { encode } = sampler.backend(parameters)
  const draw = (stream: 'noise' | 'encoderNoise' | 'kappaNoise') =>
    normals({ seed: model.config.seed, stream, images: chosen.length, elementsPerImage })
  const outputs = await encodeSource({ source, elementsPerImage, x1, label: labels ?? undefined, encode, draw })
  const noise = draw('noise')
  const mixed = (mixtureWeight: number) =>
    mixSources(float32Algebra({ elementsPerImage }), {
      ...{ mixing: source.mixing, tanh: source.tanh, outputs, mixtureWeight, noise },
      encoderNoise: () => draw('encoderNoise'),
    })
  const row = (name: string, values: Float32Array): SourceRow => ({ name, images: splitImages(values, model.image) })
  return [
    row('x1: data', x1),
    row('mean: E(κ)', outputs.mean!),
    row('x0, w = 1', mixed(1)),
    row('x0, w = ½', mixed(0.5)),
    row('x0, w = 0', noise),
  ]
}

/** The first image of each class, then further images: a row of the grid, or fewer if the data set has fewer. */
function firstOfEach({ labels, count }: Dataset): number[] {
  const first = labels === null ? [] : [...new Set(labels)].sort((a, b) => a - b).map(label => labels.indexOf(label))
  const more = Array.from({ length: count }, (_, i) => i).filter(i => !first.includes(i))
  return [...first, ...more].slice(0, gridColumns)
}
