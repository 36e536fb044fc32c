/**
 * Improved precision and recall (Kynkäänniemi et al. 2019): each set is taken for the union of balls around its rows, each
 * as large as the distance to the row's k-th nearest neighbour. Precision is the share of generated images inside the real
 * set (how many look real), recall the share of real ones inside the generated set (how much of the variety is there).
 * Both fall with fewer images, so compare at the same count only.
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
  /** Squared, one of each row. */
  readonly radii: Float64Array
}

/** Default of the neighbours that a ball reaches: as in the paper. */
export const usualReach = 3

/**
 * The set's balls, to compare it with many others. A ball reaches `k` neighbours, 3 unless said.
 *
 * @throws MixflowError ARGUMENT_INVALID for a set of k rows or fewer
 */
export function ballsOf(rows: Rows, { k = usualReach }: { readonly k?: number } = {}): Balls {
  const { distances } = nearestNeighbours(rows, rows, { k, excludeSelf: true })
  return { rows, radii: Float64Array.from({ length: rowCount(rows) }, (_, i) => distances[(i + 1) * k - 1]!) }
}

/** @param options.k neighbours that a ball reaches; 3 unless said. @throws MixflowError ARGUMENT_INVALID */
export function precisionRecall(
  sets: { readonly real: Rows | Balls; readonly generated: Rows },
  options: { readonly k?: number } = {},
): PrecisionRecall {
  const real = 'radii' in sets.real ? sets.real : ballsOf(sets.real, options)
  const generated = ballsOf(sets.generated, options)
  return { precision: shareInside(generated.rows, real), recall: shareInside(real.rows, generated) }
}

/** The share of `rows` that lie in at least one ball. */
function shareInside(rows: Rows, { rows: centres, radii }: Balls): number {
  const count = rowCount(rows)
  let inside = 0
  for (let i = 0; i < count; i++) {
    if (radii.some((radius, j) => squaredDistance(rows, i, centres, j, radius) <= radius)) inside++
  }
  return inside / count
}
