/** The images of a model card: the first image of each of the seeds 0 to 63, uncurated. */

import { imageGrid, type PlanarImage } from '@mixflow/core'
import { defined, magnify } from '@mixflow/core/internal'
import { encodePng, type NodeModel } from '@mixflow/sdk-node'

const seeds = 64

export interface SeedImagesOptions {
  /** Default: the model's. */
  readonly nfe: number | undefined
  readonly signal: AbortSignal
  readonly onProgress: (fraction: number) => void
}

/** A PNG with its caption. With 2 to 16 classes, each class has a column. */
export async function seedImages(model: NodeModel, { nfe, signal, onProgress }: SeedImagesOptions) {
  const { labels, sampler } = model.manifest
  const byClass = labels !== null && labels.count > 1 && labels.count <= 16
  const columns = byClass ? labels.count : 8
  const images: PlanarImage[] = []
  let usedNfe = 0
  for (let seed = 0; seed < seeds; seed++) {
    const options = { ...defined({ nfe }), ...(byClass ? { label: seed % columns } : {}) }
    const result = await model.sample({ ...options, seed, count: 1, signal })
    images.push(...result.images)
    usedNfe = result.nfe
    onProgress((seed + 1) / seeds)
  }
  const grid = imageGrid(images, { padding: 1, background: -0.7, columns })
  const details = [
    `${sampler.solver}, ${usedNfe} NFE`,
    ...(sampler.guidance > 0 ? [`guidance ${sampler.guidance}`] : []),
    ...(byClass ? ['one class per column'] : []),
  ]
  return {
    png: encodePng(magnify(grid, Math.max(1, Math.round(64 / images[0]!.height)))),
    caption: `The first image of each of the seeds 0 to ${seeds - 1}, uncurated (${details.join('; ')})`,
  }
}
