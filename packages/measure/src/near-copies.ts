/**
 * Detects memorised training images by the nearest training images of each generated image. A generated image whose nearest
 * training image is at most a third as far as the second nearest counts as a near copy. The test is that of Yoon et al. 2023,
 * "Diffusion Probabilistic Models Generalize when They Fail to Memorize", applied to features instead of pixels, which are
 * robust to shifts and changes of brightness. It does not detect copies of training images with duplicates; the median
 * distance, in units of that between training images, still does.
 */
import { MixflowError, permutation } from '@mixflow/core'
import { nearestNeighbours, type Rows, rowCount, rowsAt } from './nearest-neighbours.ts'

export interface NearCopies {
  /** Fraction of the generated images that are near copies, 0..1. */
  readonly share: number
  /**
   * Median distance to the nearest training image, relative to the median distance of training images to their nearest other
   * one. Near 1: as different as training images are from each other; far below: copies.
   */
  readonly distance: number
  /** The near copies, smallest ratio first: row of the generated image, and of the training image. */
  readonly pairs: readonly { readonly generated: number; readonly training: number; readonly ratio: number }[]
  /**
   * All generated images, those nearest to a training image first: row, distance in the unit of `distance`, and the rows of up to
   * 4 nearest training images, for visual inspection.
   */
  readonly nearest: readonly {
    readonly generated: number
    readonly distance: number
    readonly training: readonly number[]
  }[]
}

const copyRatio = 1 / 3

/** Training images that are reported for each generated one. */
const maxNeighbours = 4

/** Number of training images for the typical distance. */
const typicalCount = 1000

/**
 * Median distance of training images to their nearest other one, above 0. Compute it once for many generated sets.
 *
 * @throws MixflowError ARGUMENT_INVALID if at least half of the training images have duplicates, so that it is 0
 */
export function typicalDistance(training: Rows): number {
  const count = rowCount(training)
  const order = permutation({ seed: 0, stream: 'order', index: 0, length: count }).subarray(0, typicalCount)
  // the nearest neighbour of each is itself
  const { distances } = nearestNeighbours(rowsAt(training, order), training, { k: 2 })
  const typical = Math.sqrt(median(Array.from(order, (_, i) => distances[2 * i + 1]!)))
  if (typical > 0) return typical
  const message = 'at least half of the training images have duplicates, so near copies cannot be detected'
  const hint = 'remove the duplicates, or leave out the metric "neighbours"'
  throw new MixflowError('ARGUMENT_INVALID', message, { hint })
}

/** @throws MixflowError ARGUMENT_INVALID for fewer than two training images, or different dimensions */
export function nearCopies(
  sets: { readonly generated: Rows; readonly training: Rows },
  { typical = typicalDistance(sets.training) }: { readonly typical?: number } = {},
): NearCopies {
  const { generated, training } = sets
  if (rowCount(training) < 2)
    throw new MixflowError('ARGUMENT_INVALID', 'near copies need at least two training images')
  const k = Math.min(maxNeighbours, rowCount(training))
  const { indices, distances } = nearestNeighbours(generated, training, { k })
  const found = Array.from({ length: rowCount(generated) }, (_, row) => {
    const [first, second] = [Math.sqrt(distances[k * row]!), Math.sqrt(distances[k * row + 1]!)]
    const neighbours = Array.from(indices.subarray(k * row, k * (row + 1)))
    return { generated: row, neighbours, first, ratio: second === 0 ? 1 : first / second }
  })
  const copies = found.filter(({ ratio }) => ratio <= copyRatio).sort((a, b) => a.ratio - b.ratio)
  return {
    share: copies.length / found.length,
    distance: median(found.map(({ first }) => first)) / typical,
    pairs: copies.map(({ generated, neighbours, ratio }) => ({ generated, training: neighbours[0]!, ratio })),
    nearest: found
      .toSorted((a, b) => a.first - b.first)
      .map(({ generated, neighbours, first }) => ({ generated, distance: first / typical, training: neighbours })),
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
