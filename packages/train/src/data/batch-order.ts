/**
 * The order of training images, and which of them are mirrored: a pure function of the seed and a cursor.
 *
 * The epochs, each a different permutation of all images, form one endless sequence, and a batch is the next `batchSize` images of
 * it. A batch may span epochs, so no image is left out (and one may occur twice in such a batch). The sequence does not depend on
 * the batch size.
 */
import { integers, MixflowError, maxSeed, permutation } from '@mixflow/core'
import { show } from '@mixflow/core/internal'

/** A position in the sequence, as checkpoints store it. */
export interface BatchCursor {
  /** Epochs completed, from 0. */
  readonly epoch: number
  /** Images of this epoch before the position, 0..count - 1. */
  readonly position: number
}

export const firstBatch: BatchCursor = { epoch: 0, position: 0 }

export interface BatchSelection {
  /** Indices for `Dataset.batch`, [batchSize]. */
  readonly indices: Uint32Array
  /** One byte per image: 1 (with probability ½) mirrors it. null without flips. */
  readonly flip: Uint8Array | null
  /** Index of the first image in the sequence, epoch · count + position, which its random draws depend on. */
  readonly firstImage: number
  /** Cursor of the next batch. */
  readonly next: BatchCursor
}

export interface BatchOrderOptions {
  /** Number of images in the set. */
  readonly count: number
  readonly batchSize: number
  /** 0..2⁵³ - 1. */
  readonly seed: number
  /** Whether to mirror images at random. */
  readonly flips: boolean
}

/**
 * Returns a function from a cursor to the batch there. Cursors may come in any order.
 *
 * @throws MixflowError ARGUMENT_INVALID for a count, batch size, seed or cursor outside its range
 */
export function batchOrder(options: BatchOrderOptions): (cursor: BatchCursor) => BatchSelection {
  const { count, batchSize, seed, flips } = options
  checkRange('count', count, { least: 1, most: 2 ** 32 })
  checkRange('batchSize', batchSize, { least: 1, most: 2 ** 24 })
  checkRange('seed', seed, { least: 0, most: maxSeed })
  // the permutation of the last epoch is cached
  let latest: { epoch: number; order: Uint32Array } = { epoch: -1, order: new Uint32Array(0) }
  const orderOf = (epoch: number) => {
    if (latest.epoch !== epoch) {
      latest = { epoch, order: permutation({ seed, stream: 'order', index: epoch, length: count }) }
    }
    return latest.order
  }
  return cursor => {
    checkRange('cursor.epoch', cursor.epoch, { least: 0, most: Math.floor(maxSeed / count) - batchSize })
    checkRange('cursor.position', cursor.position, { least: 0, most: count - 1 })
    const indices = new Uint32Array(batchSize)
    let { epoch, position } = cursor
    for (let filled = 0; filled < batchSize; ) {
      const part = orderOf(epoch).subarray(position, position + batchSize - filled)
      indices.set(part, filled)
      filled += part.length
      position += part.length
      if (position === count) {
        epoch++
        position = 0
      }
    }
    const firstImage = cursor.epoch * count + cursor.position
    const draw = { seed, stream: 'augmentation', firstImage, images: batchSize, below: 2 } as const
    return { indices, flip: flips ? Uint8Array.from(integers(draw)) : null, firstImage, next: { epoch, position } }
  }
}

function checkRange(name: string, value: number, { least, most }: { least: number; most: number }): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new MixflowError('ARGUMENT_INVALID', `${name} must be an integer in ${least}..${most}, got ${show(value)}`)
}
