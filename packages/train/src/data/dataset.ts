/**
 * A data set: all images in memory as planar NCHW bytes, with labels if it has classes. Byte b is the value b / 127.5 - 1. Bytes
 * take a quarter of the memory of floats: MNIST is 47 MB, CIFAR-10's training part 154 MB. Sets larger than memory are not
 * supported.
 */
import { createHash } from 'node:crypto'
import { MixflowError } from '@mixflow/core'
import type { BadImage } from './bad-images.ts'
import type { LeftOut } from './list-files.ts'

/** Part of a data set. A set without a test part is all `train`. */
export type Split = 'train' | 'test'

/** The input of `createDataset`. */
export interface DatasetParts {
  /** Short name: `mnist`, or the folder's name. */
  readonly name: string
  readonly split: Split
  readonly channels: 1 | 3
  /** Pixels. */
  readonly height: number
  /** Pixels. */
  readonly width: number
  /** Planar bytes [count, channels, height, width], 0..255. */
  readonly images: Uint8Array
  /** One class index per image, 0..classNames.length - 1; null if the set has no classes. */
  readonly labels: Int32Array | null
  readonly classNames: readonly string[] | null
  /** SPDX-like name of the images' licence, null if none is stated. */
  readonly licence: string | null
  /** Attribution that the licence requires; null if there is none. */
  readonly attribution: string | null
  /** For a folder or zip: its files, and what was left out. */
  readonly files?: FilesReport | undefined
}

export interface ImageSize {
  /** Pixels. */
  readonly width: number
  readonly height: number
}

/** The files of a folder or zip of images, as found. */
export interface FilesReport {
  readonly path: string
  /** Layout of the files: `class folders`, `no classes`, `dataset.json`, `labels of the metadata`. */
  readonly layout: string
  /** Image sizes by area, before scaling. */
  readonly sizes: { readonly min: ImageSize; readonly median: ImageSize; readonly max: ImageSize }
  /** Images with an edge below the requested size, which were enlarged or padded. */
  readonly smaller: number
  readonly grey: number
  readonly transparent: number
  /** Images with several frames or pages, of which the first is used. */
  readonly animated: number
  /** Number of images per format. */
  readonly formats: Readonly<Record<string, number>>
  readonly leftOut: readonly LeftOut[]
  /** Unreadable images that were skipped. */
  readonly bad: readonly BadImage[]
  /** Remarks for the user, one sentence each. */
  readonly notes: readonly string[]
}

export interface Dataset extends DatasetParts {
  /** Number of images. */
  readonly count: number
  /**
   * sha256 (hex) of shape, class names, pixels and labels, but not of name or path. Computed on the first call. A checkpoint
   * stores it, so that a run cannot be resumed on different data.
   */
  fingerprint(): string
  /**
   * The images at `indices`, in that order.
   *
   * @param indices in 0..count - 1; may repeat
   * @param options.flip one byte per image: non-zero mirrors it horizontally
   * @throws MixflowError ARGUMENT_INVALID for an index outside the set, or a `flip` of the wrong length
   */
  batch(indices: ArrayLike<number>, options?: { readonly flip?: Uint8Array | null }): ImageBatch
}

export interface ImageBatch {
  /** float32 [n, channels, height, width] in [-1, 1]. */
  readonly images: Float32Array
  /** int32 [n], null if the set has no classes. */
  readonly labels: Int32Array | null
}

/** The value in [-1, 1] of each byte, as float32. */
const levels = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1)

/**
 * Creates a data set. The arrays are not copied: do not write to them afterwards.
 *
 * @throws MixflowError DATA_INVALID if lengths, shape and labels are inconsistent, or there is no image
 */
export function createDataset(parts: DatasetParts): Dataset {
  const imageSize = parts.channels * parts.height * parts.width
  const count = parts.images.length / imageSize
  checkParts(parts, count)
  let fingerprint: string | undefined
  return {
    ...parts,
    count,
    fingerprint: () => (fingerprint ??= fingerprintOf(parts, count)),
    batch: (indices, { flip = null } = {}) => readBatch(parts, indices, flip),
  }
}

function readBatch(parts: DatasetParts, indices: ArrayLike<number>, flip: Uint8Array | null): ImageBatch {
  if (flip && flip.length !== indices.length) {
    throw new MixflowError('ARGUMENT_INVALID', `flip has ${flip.length} entries for ${indices.length} images`)
  }
  const { width, labels } = parts
  const imageSize = parts.channels * parts.height * width
  const count = parts.images.length / imageSize
  const images = new Float32Array(indices.length * imageSize)
  const batchLabels = labels && new Int32Array(indices.length)
  for (let n = 0; n < indices.length; n++) {
    const index = indices[n]!
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new MixflowError('ARGUMENT_INVALID', `image ${index} is outside ${parts.name}, which has 0..${count - 1}`)
    }
    const image = parts.images.subarray(index * imageSize, (index + 1) * imageSize)
    const into = images.subarray(n * imageSize, (n + 1) * imageSize)
    if (flip?.[n]) scaleMirrored(image, into, width)
    else scale(image, into)
    if (batchLabels) batchLabels[n] = labels![index]!
  }
  return { images, labels: batchLabels }
}

function scale(bytes: Uint8Array, into: Float32Array): void {
  for (let i = 0; i < bytes.length; i++) into[i] = levels[bytes[i]!]!
}

function scaleMirrored(bytes: Uint8Array, into: Float32Array, width: number): void {
  for (let row = 0; row < bytes.length; row += width) {
    for (let x = 0; x < width; x++) into[row + x] = levels[bytes[row + width - 1 - x]!]!
  }
}

function checkParts(parts: DatasetParts, count: number): void {
  const { name, images, labels, classNames } = parts
  const invalid = (what: string) => new MixflowError('DATA_INVALID', `data set "${name}": ${what}`)
  if (!(count >= 1) || !Number.isInteger(count)) {
    throw invalid(`${images.length} bytes are not a positive multiple of a ${shapeOf(parts)} image`)
  }
  if (labels === null || classNames === null) {
    if (labels !== null || classNames !== null) throw invalid('labels and class names require each other')
    return
  }
  if (labels.length !== count) throw invalid(`${labels.length} labels for ${count} images`)
  const stray = labels.findIndex(label => label < 0 || label >= classNames.length)
  if (stray >= 0) throw invalid(`image ${stray} has label ${labels[stray]}, expected 0..${classNames.length - 1}`)
}

const shapeOf = (parts: DatasetParts) => `${parts.channels}x${parts.height}x${parts.width}`

function fingerprintOf(parts: DatasetParts, count: number): string {
  const { images, labels, classNames } = parts
  const hash = createHash('sha256')
  hash.update(`mixflow dataset 1\n${count}x${shapeOf(parts)}\n${JSON.stringify(classNames)}\n`)
  hash.update(images)
  // little-endian on every platform with official Node binaries except s390x
  if (labels) hash.update(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength))
  return hash.digest('hex')
}
