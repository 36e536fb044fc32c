/**
 * Squared Euclidean distances between rows of features, block by block so that memory stays bounded: to the k nearest, or to
 * all within given radii. Exact search; brute force is quickest at the sizes that measures use (some 10,000 rows).
 */
import { MixflowError } from '@mixflow/core'

export interface Rows {
  /** float32 [count × dimensions] */
  readonly features: Float32Array
  readonly dimensions: number
}

export interface Neighbours {
  readonly k: number
  /** Row numbers in the set that was searched, nearest first: [queries × k]. */
  readonly indices: Uint32Array
  /** Squared distances, [queries × k]. */
  readonly distances: Float64Array
}

export const rowCount = ({ features, dimensions }: Rows): number => features.length / dimensions

/** A copy of the rows of these numbers, in this order. */
export function rowsAt({ features, dimensions }: Rows, order: Uint32Array): Rows {
  const some = new Float32Array(order.length * dimensions)
  order.forEach((row, i) => {
    some.set(features.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions)
  })
  return { features: some, dimensions }
}

/**
 * The k nearest rows of `among` for each row of `queries`; of equally near ones the first. `excludeSelf` is for a set with
 * itself: row i is not its own neighbour.
 *
 * @throws MixflowError ARGUMENT_INVALID for other dimensions, or k beyond what there is
 */
export function nearestNeighbours(
  queries: Rows,
  among: Rows,
  { k, excludeSelf = false }: { readonly k: number; readonly excludeSelf?: boolean },
): Neighbours {
  const [count, size] = [checkedCount(queries), checkedCount(among)]
  if (queries.dimensions !== among.dimensions) {
    throw new MixflowError(
      'ARGUMENT_INVALID',
      `rows of ${queries.dimensions} and of ${among.dimensions} features cannot be compared`,
    )
  }
  if (!Number.isInteger(k) || k < 1 || k > size - (excludeSelf ? 1 : 0)) {
    throw new MixflowError('ARGUMENT_INVALID', `there are no ${k} neighbours among ${size} rows`)
  }
  const indices = new Uint32Array(count * k)
  const distances = new Float64Array(count * k).fill(Number.POSITIVE_INFINITY)
  for (let i = 0; i < count; i++) {
    const own = { indices: indices.subarray(i * k, (i + 1) * k), distances: distances.subarray(i * k, (i + 1) * k) }
    for (let j = 0; j < size; j++) {
      if (excludeSelf && i === j) continue
      insert(own, j, squaredDistance(queries, i, among, j, own.distances[k - 1]!))
    }
  }
  return { k, indices, distances }
}

/** Puts a candidate into the sorted list, if it is nearer than the last. */
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

/** Stops adding once it is beyond `limit`. */
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
  throw new MixflowError(
    'ARGUMENT_INVALID',
    `${rows.features.length} numbers are no rows of ${rows.dimensions} features`,
  )
}
