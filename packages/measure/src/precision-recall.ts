/**
 * Improved precision and recall (Kynkäänniemi et al. 2019). Each set is represented by balls around its rows, whose radius is the
 * distance to the row's k-th nearest neighbour. Precision is the fraction of generated images inside the real set (how many
 * look real), recall the fraction of real images inside the generated set (how much of the variety is covered). Both fall
 * with fewer images, so compare at the same count only.
 */
import { nearestNeighbours, type Rows, rowCount, squaredDistance } from './nearest-neighbours.ts'

export interface PrecisionRecall {
  /** 0..1 */
  readonly precision: number
  /** 0..1 */
  readonly recall: number
}

/** A set as a union of balls. */
export interface Balls {
  readonly rows: Rows
  /** Squared radius of each row. */
  readonly radii: Float64Array
}

/** k of the paper. */
export const defaultK = 3

/**
 * Computes the balls of a set, to compare it with many others. `k` is the neighbour that defines the radius. Default: 3.
 *
 * @throws MixflowError ARGUMENT_INVALID for a set of k rows or fewer
 */
export function ballsOf(rows: Rows, { k = defaultK }: { readonly k?: number } = {}): Balls {
  const { distances } = nearestNeighbours(rows, rows, { k, excludeSelf: true })
  return { rows, radii: Float64Array.from({ length: rowCount(rows) }, (_, i) => distances[(i + 1) * k - 1]!) }
}

/** @param options.k as in `ballsOf`. @throws MixflowError ARGUMENT_INVALID */
export function precisionRecall(
  sets: { readonly real: Rows | Balls; readonly generated: Rows },
  options: { readonly k?: number } = {},
): PrecisionRecall {
  const real = 'radii' in sets.real ? sets.real : ballsOf(sets.real, options)
  const generated = ballsOf(sets.generated, options)
  return { precision: fractionInside(generated.rows, real), recall: fractionInside(real.rows, generated) }
}

/** The fraction of rows that are inside at least one ball. */
function fractionInside(rows: Rows, { rows: centres, radii }: Balls): number {
  const count = rowCount(rows)
  let inside = 0
  for (let i = 0; i < count; i++) {
    if (radii.some((radius, j) => squaredDistance(rows, i, centres, j, radius) <= radius)) inside++
  }
  return inside / count
}
