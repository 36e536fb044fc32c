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

/** @param options.k neighbours that a ball reaches; 3 unless said, as in the paper. @throws MixflowError ARGUMENT_INVALID */
export function precisionRecall(
  sets: { readonly real: Rows; readonly generated: Rows },
  { k = 3 }: { readonly k?: number } = {},
): PrecisionRecall {
  const { real, generated } = sets
  return { precision: shareInside(generated, real, k), recall: shareInside(real, generated, k) }
}

/** The share of `rows` that lie in at least one ball of `set`. */
function shareInside(rows: Rows, set: Rows, k: number): number {
  const radii = radiiOf(set, k)
  const count = rowCount(rows)
  let inside = 0
  for (let i = 0; i < count; i++) {
    if (radii.some((radius, j) => squaredDistance(rows, i, set, j, radius) <= radius)) inside++
  }
  return inside / count
}

/** Squared distance of each row to its k-th nearest neighbour in its own set. */
function radiiOf(set: Rows, k: number): Float64Array {
  const { distances } = nearestNeighbours(set, set, { k, excludeSelf: true })
  return Float64Array.from({ length: rowCount(set) }, (_, i) => distances[(i + 1) * k - 1]!)
}
