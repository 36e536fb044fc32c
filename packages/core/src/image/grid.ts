/** Many images as one: rows and columns of equal tiles with a margin between them. */
import { MixflowError } from '../errors.ts'
import { checkKeys } from '../util/strict.ts'
import type { PlanarImage } from './pixels.ts'

export interface GridOptions {
  /** Tiles per row. Default: as close to a square as possible. */
  readonly columns?: number
  /** Pixels between tiles and around the grid. Default: 2. */
  readonly padding?: number
  /** Value of the margin and of empty tiles, in [-1, 1]. Default: 1 (white). */
  readonly background?: number
}

/** Row by row. All images must have the same shape; there must be at least one. */
export function imageGrid(images: readonly PlanarImage[], options: GridOptions = {}): PlanarImage {
  checkKeys(options as unknown, ['columns', 'padding', 'background'], { what: 'imageGrid' })
  const { columns = Math.ceil(Math.sqrt(images.length)), padding = 2, background = 1 } = options
  const { channels, height, width } = sharedShape(images)
  checkCount('columns', columns, 1)
  checkCount('padding', padding, 0)

  const rows = Math.ceil(images.length / columns)
  const grid = {
    channels,
    height: rows * (height + padding) + padding,
    width: columns * (width + padding) + padding,
  }
  const data = new Float32Array(channels * grid.height * grid.width).fill(background)
  for (const [i, image] of images.entries()) {
    const top = Math.floor(i / columns) * (height + padding) + padding
    const left = (i % columns) * (width + padding) + padding
    for (let channel = 0; channel < channels; channel++) {
      for (let y = 0; y < height; y++) {
        const row = (channel * height + y) * width
        data.set(image.data.subarray(row, row + width), (channel * grid.height + top + y) * grid.width + left)
      }
    }
  }
  return { ...grid, data }
}

function sharedShape(images: readonly PlanarImage[]): PlanarImage {
  const [first] = images
  if (first === undefined) throw new MixflowError('ARGUMENT_INVALID', 'a grid needs at least one image')
  const shape = (image: PlanarImage) => `${image.channels} × ${image.height} × ${image.width}`
  for (const [i, image] of images.entries()) {
    const size = image.channels * image.height * image.width
    if (shape(image) === shape(first) && image.data.length === size) continue
    throw new MixflowError(
      'ARGUMENT_INVALID',
      `image ${i} of the grid is ${shape(image)}, the first is ${shape(first)}`,
    )
  }
  return first
}

function checkCount(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value <= 100_000) return
  throw new MixflowError('ARGUMENT_INVALID', `${name} must be an integer in ${least}..100000, got ${value}`)
}
