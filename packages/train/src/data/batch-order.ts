/**
 * In which order images are trained on, and which are mirrored: a pure function of the seed and a cursor.
 *
 * Epoch after epoch, each a permutation of its own of all images, make one endless sequence; a batch is its next
 * `batchSize` images. So no image is left out: where the end of an epoch leaves a batch incomplete, the beginning of the
 * next epoch completes it (an image may then appear twice in that batch), and a batch larger than the set runs through
 * several epochs. The sequence does not depend on the batch size, and a run continues exactly where its cursor stands.
 */
import { integers, MixflowError, maxSeed, permutation } from '@mixflow/core'
import { show } from '@mixflow/core/internal'

/** Where in the endless sequence: JSON-safe, kept in checkpoints. */
export interface BatchCursor {
  /** Epochs completed, from 0. */
  readonly epoch: number
  /** Images of this epoch already used, 0..count - 1. */
  readonly position: number
}

export const firstBatch: BatchCursor = { epoch: 0, position: 0 }

export interface BatchSelection {
  /** Image numbers for `Dataset.batch`, batchSize of them. */
  readonly indices: Uint32Array
  /** One byte per image, 1 where it is to be mirrored, each with probability ½; null without flips. */
  readonly flip: Uint8Array | null
  /** Place of the first image in the endless sequence, epoch · count + position: the index of its random draws. */
  readonly firstImage: number
  /** Where the batch after this one begins. */
  readonly next: BatchCursor
}

export interface BatchOrderOptions {
  /** Number of images in the set. */
  readonly count: number
  readonly batchSize: number
  /** 0..2⁵³ - 1. */
  readonly seed: number
  /** Whether to mirror every other image or so. */
  readonly flips: boolean
}

/**
 * The order of batches; the function returned gives the batch at a cursor, from any cursor and in any order of calls.
 *
 * @throws MixflowError ARGUMENT_INVALID for a count, batch size, seed or cursor outside its range
 */
export function batchOrder(options: BatchOrderOptions): (cursor: BatchCursor) => BatchSelection {
  const { count, batchSize, seed, flips } = options
  checkRange('count', count, { least: 1, most: 2 ** 32 })
  checkRange('batchSize', batchSize, { least: 1, most: 2 ** 24 })
  checkRange('seed', seed, { least: 0, most: maxSeed })
  // A loop that goes forward makes each epoch's order once: the last one asked for is the one that comes next.
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
