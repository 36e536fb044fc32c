/**
 * Whether a generator has learned training images by heart: each generated image's nearest training images. One that is at
 * most a third as far from the nearest as from the second nearest stands out as a copy of it (the test of Yoon et al. 2023,
 * "Diffusion Probabilistic Models Generalize when They Fail to Memorize", there on pixels; here on features, which see
 * through a shift or a change of brightness). Where the training set itself has duplicates, both distances are small and the
 * test is blind; the median distance, in units of that between training images, still falls then.
 */
import { MixflowError, permutation } from '@mixflow/core'
import { nearestNeighbours, type Rows, rowCount, rowsAt } from './nearest-neighbours.ts'

export interface NearCopies {
  /** Share of the generated images that stand out as copies, 0..1. */
  readonly share: number
  /**
   * Median distance to the nearest training image, of which 1 is the median for a training image to the nearest other one. Near
   * 1: as new as the data are among themselves; far below: copies.
   */
  readonly distance: number
  /** Of the copies, strongest first: row of the generated image, and of the training image. */
  readonly pairs: readonly { readonly generated: number; readonly training: number; readonly ratio: number }[]
  /**
   * Every generated image, those nearest to a training image first: its row, its distance in the unit of `distance`, and the rows
   * of up to 4 training images, nearest first. To look at: of a set that has duplicates no ratio tells the copies.
   */
  readonly nearest: readonly {
    readonly generated: number
    readonly distance: number
    readonly training: readonly number[]
  }[]
}

const ratioOfCopies = 1 / 3

/** Training images that are told of each generated one. */
const mostNeighbours = 4

/** Training images whose own nearest neighbours say what distance is usual. */
const typicalCount = 1000

/**
 * Median distance of training images to their nearest other one, above 0; computed once for many generated sets.
 *
 * @throws MixflowError ARGUMENT_INVALID where half of the training images or more are there twice, so that it is 0
 */
export function typicalDistance(training: Rows): number {
  const count = rowCount(training)
  const order = permutation({ seed: 0, stream: 'order', index: 0, length: count }).subarray(0, typicalCount)
  // each finds itself as well
  const { distances } = nearestNeighbours(rowsAt(training, order), training, { k: 2 })
  const typical = Math.sqrt(median(Array.from(order, (_, i) => distances[2 * i + 1]!)))
  if (typical > 0) return typical
  throw new MixflowError(
    'ARGUMENT_INVALID',
    'half of the training images or more are the same as another one: what is a copy cannot be told',
    { hint: 'keep each image once, or measure without near copies (neighbours)' },
  )
}

/** @throws MixflowError ARGUMENT_INVALID for fewer than two training images, or other dimensions */
export function nearCopies(
  sets: { readonly generated: Rows; readonly training: Rows },
  { typical = typicalDistance(sets.training) }: { readonly typical?: number } = {},
): NearCopies {
  const { generated, training } = sets
  if (rowCount(training) < 2)
    throw new MixflowError('ARGUMENT_INVALID', 'near copies need at least two training images')
  const k = Math.min(mostNeighbours, rowCount(training))
  const { indices, distances } = nearestNeighbours(generated, training, { k })
  const found = Array.from({ length: rowCount(generated) }, (_, row) => {
    const [first, second] = [Math.sqrt(distances[k * row]!), Math.sqrt(distances[k * row + 1]!)]
    const neighbours = Array.from(indices.subarray(k * row, k * (row + 1)))
    return { generated: row, neighbours, first, ratio: second === 0 ? 1 : first / second }
  })
  const copies = found.filter(({ ratio }) => ratio <= ratioOfCopies).sort((a, b) => a.ratio - b.ratio)
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
