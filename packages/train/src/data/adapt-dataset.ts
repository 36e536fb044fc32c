/**
 * Adapts a data set: fewer images, another number of channels, padding to a larger size. Each function returns a new data set
 * with a new fingerprint. Images are never resampled here; images of a folder are resized when they are decoded.
 */
import { MixflowError } from '@mixflow/core'
import { createDataset, type Dataset } from './dataset.ts'

/** `zero` surrounds an image with black (byte 0, -1 as float), `edge` repeats its border pixels. */
export type PadMode = 'zero' | 'edge'

/** At most `limit` images: the first, or with `spread` evenly spaced ones, for sets that are sorted (by class or date). */
export function limitDataset(dataset: Dataset, limit: number, options: { readonly spread?: boolean } = {}): Dataset {
  if (dataset.count <= limit) return dataset
  const size = dataset.images.length / dataset.count
  if (!options.spread) {
    return createDataset({
      ...dataset,
      images: dataset.images.slice(0, limit * size),
      labels: dataset.labels?.slice(0, limit) ?? null,
    })
  }
  const picks = spreadIndices(dataset.count, limit)
  const images = new Uint8Array(limit * size)
  picks.forEach((pick, n) => {
    images.set(dataset.images.subarray(pick * size, (pick + 1) * size), n * size)
  })
  const { labels } = dataset
  return createDataset({ ...dataset, images, labels: labels && Int32Array.from(picks, pick => labels[pick]!) })
}

/** At most `limit` indices in 0..count - 1, evenly spaced and ascending, the first is 0. */
export function spreadIndices(count: number, limit: number): number[] {
  const n = Math.min(count, limit)
  return Array.from({ length: n }, (_, i) => Math.floor((i * count) / n))
}

/** Grey to colour repeats the plane; colour to grey is Rec. 601 luma (0.299 R + 0.587 G + 0.114 B), rounded. */
export function withChannels(dataset: Dataset, channels: 1 | 3): Dataset {
  if (dataset.channels === channels) return dataset
  const plane = dataset.height * dataset.width
  const images = new Uint8Array(dataset.count * channels * plane)
  for (let n = 0; n < dataset.count; n++) {
    const from = dataset.images.subarray(n * dataset.channels * plane, (n + 1) * dataset.channels * plane)
    const into = images.subarray(n * channels * plane, (n + 1) * channels * plane)
    if (channels === 3) for (let c = 0; c < 3; c++) into.set(from, c * plane)
    else for (let i = 0; i < plane; i++) into[i] = luma(from[i]!, from[plane + i]!, from[2 * plane + i]!)
  }
  return createDataset({ ...dataset, channels, images })
}

const luma = (red: number, green: number, blue: number) => (299 * red + 587 * green + 114 * blue + 500) / 1000

/**
 * Centres each image on a `size` x `size` canvas. An odd pixel of padding goes to the right and the bottom.
 *
 * @throws MixflowError ARGUMENT_INVALID if the images are larger than `size`
 */
export function padDataset(dataset: Dataset, size: number, mode: PadMode): Dataset {
  const { height, width, channels, count } = dataset
  if (height === size && width === size) return dataset
  if (height > size || width > size) {
    const message = `size ${size} is smaller than the images of ${dataset.name}, ${width}x${height}`
    const hint = 'images of this set can be padded, not scaled down: leave out the size to keep theirs'
    throw new MixflowError('ARGUMENT_INVALID', message, { hint })
  }
  const top = (size - height) >> 1
  const left = (size - width) >> 1
  const images = new Uint8Array(count * channels * size * size)
  for (let plane = 0; plane < count * channels; plane++) {
    const from = dataset.images.subarray(plane * height * width, (plane + 1) * height * width)
    const into = images.subarray(plane * size * size, (plane + 1) * size * size)
    for (let y = 0; y < height; y++) into.set(from.subarray(y * width, (y + 1) * width), (y + top) * size + left)
    if (mode === 'edge') repeatEdges(into, { size, top, left, height, width })
  }
  return createDataset({ ...dataset, images, height: size, width: size })
}

/** Fills the border of one plane: each row to the left and right, then rows upwards and downwards. */
function repeatEdges(
  plane: Uint8Array,
  { size, top, left, height, width }: Readonly<Record<'size' | 'top' | 'left' | 'height' | 'width', number>>,
): void {
  for (let y = top; y < top + height; y++) {
    const row = plane.subarray(y * size, (y + 1) * size)
    row.fill(row[left]!, 0, left)
    row.fill(row[left + width - 1]!, left + width)
  }
  for (let y = 0; y < size; y++) {
    const inside = Math.min(Math.max(y, top), top + height - 1)
    if (inside !== y) plane.copyWithin(y * size, inside * size, (inside + 1) * size)
  }
}
