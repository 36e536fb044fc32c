/** Nearest neighbours among rows of features, by exact brute-force search, which is fastest at the usual sizes (about 10,000 rows). */
import { MixflowError } from '@mixflow/core'

export interface Rows {
  /** float32 [count × dimensions] */
  readonly features: Float32Array
  readonly dimensions: number
}

export interface Neighbours {
  readonly k: number
  /** Rows of the searched set, nearest first: [queries × k]. */
  readonly indices: Uint32Array
  /** Squared distances, [queries × k]. */
  readonly distances: Float64Array
}

export const rowCount = ({ features, dimensions }: Rows): number => features.length / dimensions

/** Copies rows, in the order of their indices. */
export function rowsAt({ features, dimensions }: Rows, order: Uint32Array): Rows {
  const some = new Float32Array(order.length * dimensions)
  order.forEach((row, i) => {
    some.set(features.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions)
  })
  return { features: some, dimensions }
}

/**
 * Finds the k nearest rows of `among` for each row of `queries`; ties go to the lower index. With `excludeSelf`, for a set with
 * itself, row i is not its own neighbour.
 *
 * @throws MixflowError ARGUMENT_INVALID for different dimensions, or too large a k
 */
export function nearestNeighbours(
  queries: Rows,
  among: Rows,
  { k, excludeSelf = false }: { readonly k: number; readonly excludeSelf?: boolean },
): Neighbours {
  const [count, size] = [checkedCount(queries), checkedCount(among)]
  if (queries.dimensions !== among.dimensions) {
    throw invalid(`rows of ${queries.dimensions} and ${among.dimensions} features cannot be compared`)
  }
  if (!Number.isInteger(k) || k < 1 || k > size - (excludeSelf ? 1 : 0)) {
    throw invalid(`k must be a whole number from 1 to the number of neighbours, got ${k} for ${size} rows`)
  }
  const indices = new Uint32Array(count * k)
  const distances = new Float64Array(count * k).fill(Number.POSITIVE_INFINITY)
  for (let i = 0; i < count; i++) {
    const nearest = { indices: indices.subarray(i * k, (i + 1) * k), distances: distances.subarray(i * k, (i + 1) * k) }
    for (let j = 0; j < size; j++) {
      if (excludeSelf && i === j) continue
      insert(nearest, j, squaredDistance(queries, i, among, j, nearest.distances[k - 1]!))
    }
  }
  return { k, indices, distances }
}

/** Inserts a candidate into the sorted list if it is nearer than the last. */
function insert(list: { indices: Uint32Array; distances: Float64Array }, index: number, distance: number): void {
  const { indices, distances } = list
  let at = distances.length - 1
  if (!(distance < distances[at]!)) return
  for (; at > 0 && distances[at - 1]! > distance; at--) {
    distances[at] = distances[at - 1]!
    indices[at] = indices[at - 1]!
  }
  distances[at] = distance
  indices[at] = index
}

/** Stops early once the sum exceeds `limit`. */
export function squaredDistance(a: Rows, i: number, b: Rows, j: number, limit = Number.POSITIVE_INFINITY): number {
  const n = a.dimensions
  const [first, second] = [i * n, j * n]
  let sum = 0
  for (let k = 0; k < n; ) {
    const end = Math.min(n, k + 64)
    for (; k < end; k++) sum += (a.features[first + k]! - b.features[second + k]!) ** 2
    if (sum > limit) return sum
  }
  return sum
}

function checkedCount(rows: Rows): number {
  const count = rowCount(rows)
  if (Number.isInteger(count) && count >= 1) return count
  throw invalid(`${rows.features.length} values are not a whole number of rows of ${rows.dimensions} features`)
}

const invalid = (message: string) => new MixflowError('ARGUMENT_INVALID', message)

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

/**
 * Improved precision and recall (Kynkäänniemi et al. 2019). Precision is the fraction of generated images inside the balls of the real set
 * (how many look real), recall the fraction of real images inside those of the generated set (how much of the variety is covered). Both
 * fall with fewer images, so compare at the same count only.
 *
 * @param options.k as in `ballsOf`
 * @throws MixflowError ARGUMENT_INVALID
 */
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
