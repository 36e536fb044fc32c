/** The pictures of a card: the first one of each of the seeds 0, 1, 2, …, whatever they look like. */

import { imageGrid, type PlanarImage } from '@mixflow/core'
import { magnify } from '@mixflow/core/internal'
import { encodePng, type NodeModel } from '@mixflow/sdk-node'

const seeds = 64

export interface SeedPicturesOptions {
  /** Evaluations of the velocity; the model's own unless said. */
  readonly nfe: number | undefined
  readonly signal: AbortSignal
  readonly onProgress: (fraction: number) => void
}

/** A PNG of them all with what it shows. Of a few classes, each has a column. */
export async function seedPictures(model: NodeModel, { nfe, signal, onProgress }: SeedPicturesOptions) {
  const { labels, sampler } = model.manifest
  const columns = labels !== null && labels.count > 1 && labels.count <= 16 ? labels.count : 8
  const byClass = labels !== null && columns === labels.count
  const images: PlanarImage[] = []
  let spent = 0
  for (let seed = 0; seed < seeds; seed++) {
    const asked = { ...(nfe === undefined ? {} : { nfe }), ...(byClass ? { label: seed % columns } : {}) }
    const result = await model.sample({ ...asked, seed, count: 1, signal })
    images.push(...result.images)
    spent = result.nfe
    onProgress((seed + 1) / seeds)
  }
  const grid = imageGrid(images, { padding: 1, background: -0.7, columns })
  const details = [
    `${sampler.solver}, ${spent} NFE`,
    ...(sampler.guidance > 0 ? [`guidance ${sampler.guidance}`] : []),
    ...(byClass ? ['one class per column'] : []),
  ]
  return {
    png: encodePng(magnify(grid, Math.max(1, Math.round(64 / images[0]!.height)))),
    caption: `The first picture of each of the seeds 0 to ${seeds - 1}, not picked (${details.join('; ')})`,
  }
}
