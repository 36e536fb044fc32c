/** All pictures in one, in rows. Small pictures are enlarged. */

import { imageGrid, type PlanarImage } from '@mixflow/core'
import { magnify } from '@mixflow/core/internal'
import { writeFileDurably } from '@mixflow/files'
import type { SampleSink, SinkOptions } from './sample-output.ts'

export async function gridSink(path: string, { columns, encodePng }: SinkOptions): Promise<SampleSink> {
  const all: PlanarImage[] = []
  return {
    kept: 0,
    async add(images) {
      all.push(...images)
    },
    async finish() {
      await writeFileDurably(path, encodePng(samplesGrid(all, columns)))
      return path
    },
    async [Symbol.asyncDispose]() {},
  }
}

/** Small pictures are enlarged to about this many pixels. */
const tileHeight = 84

export function samplesGrid(images: readonly PlanarImage[], columns?: number): PlanarImage {
  const factor = Math.min(64, Math.max(1, Math.round(tileHeight / (images[0]?.height ?? tileHeight))))
  const grid = imageGrid(images, { padding: 1, background: -0.7, ...(columns === undefined ? {} : { columns }) })
  return magnify(grid, factor)
}
