/**
 * A covariance S as LLᵀ: the decomposition of Cholesky, with the row of the greatest remaining variance first. Where no variance
 * above rounding remains it ends, so that a singular S is factored as exactly as a regular one, and L has as many columns as S has
 * rank (Higham, Accuracy and Stability of Numerical Algorithms, §10.3).
 */

export interface Factor {
  /** S's rows in the order in which they were taken. */
  readonly order: Int32Array
  /** n × n by rows, in that order; zero right of the diagonal and from column `rank` on. */
  readonly values: Float64Array
  readonly rank: number
}

/** @param covariance n × n, symmetric, without negative eigenvalues beyond rounding */
export function semidefiniteFactor(covariance: Float64Array, n: number): Factor {
  const order = Int32Array.from({ length: n }, (_, i) => i)
  const values = new Float64Array(n * n)
  const remaining = Float64Array.from(order, i => covariance[i * n + i]!)
  const rounding = n * Number.EPSILON * remaining.reduce((most, value) => Math.max(most, value), 0)
  for (let column = 0; column < n; column++) {
    let greatest = column
    for (let i = column + 1; i < n; i++) if (remaining[i]! > remaining[greatest]!) greatest = i
    if (!(remaining[greatest]! > rounding)) return { order, values, rank: column }
    exchange(order, column, greatest)
    exchange(remaining, column, greatest)
    exchangeRows(values, { n, first: column, second: greatest })
    const pivot = values.subarray(column * n, column * n + column)
    const root = Math.sqrt(remaining[column]!)
    values[column * n + column] = root
    const from = order[column]! * n
    for (let i = column + 1; i < n; i++) {
      let sum = covariance[from + order[i]!]!
      for (let j = 0, row = i * n; j < column; j++) sum -= values[row + j]! * pivot[j]!
      const value = sum / root
      values[i * n + column] = value
      remaining[i]! -= value * value
    }
  }
  return { order, values, rank: n }
}

/** LᵀSL for another covariance S, rank × rank: its lower triangle, the rest being 0. Four rows at once, as memory is what it waits for. */
export function congruence(covariance: Float64Array, factor: Factor): Float64Array {
  const { order, values, rank } = factor
  const n = order.length
  const result = new Float64Array(rank * rank)
  const rows = {
    a: new Float64Array(rank),
    b: new Float64Array(rank),
    c: new Float64Array(rank),
    d: new Float64Array(rank),
  }
  const { a, b, c, d } = rows
  for (let start = 0; start < n; start += 4) {
    productRows(covariance, { factor, start, rows })
    const at = (row: number, column: number) => (row < n ? values[row * n + column]! : 0)
    for (let p = 0; p < Math.min(rank, start + 4); p++) {
      const [fa, fb, fc, fd] = [at(start, p), at(start + 1, p), at(start + 2, p), at(start + 3, p)]
      for (let q = 0, row = p * rank; q <= p; q++) {
        result[row + q]! += fa * a[q]! + fb * b[q]! + fc * c[q]! + fd * d[q]!
      }
    }
  }
  return result
}

interface ProductRows {
  readonly factor: Factor
  readonly start: number
  readonly rows: Readonly<Record<'a' | 'b' | 'c' | 'd', Float64Array>>
}

/** Rows `start` to `start + 3` of SL; beyond the last one, that one again. */
function productRows(covariance: Float64Array, { factor: { order, values, rank }, start, rows }: ProductRows): void {
  const n = order.length
  const { a, b, c, d } = rows
  for (const row of [a, b, c, d]) row.fill(0)
  const offset = (row: number) => order[Math.min(n - 1, row)]! * n
  const [fromA, fromB, fromC, fromD] = [offset(start), offset(start + 1), offset(start + 2), offset(start + 3)]
  for (let k = 0; k < n; k++) {
    const at = order[k]!
    const sa = covariance[fromA + at]!
    const sb = covariance[fromB + at]!
    const sc = covariance[fromC + at]!
    const sd = covariance[fromD + at]!
    for (let j = 0, row = k * n, end = Math.min(rank, k + 1); j < end; j++) {
      const value = values[row + j]!
      a[j]! += sa * value
      b[j]! += sb * value
      c[j]! += sc * value
      d[j]! += sd * value
    }
  }
}

function exchange(list: Int32Array | Float64Array, first: number, second: number): void {
  const kept = list[first]!
  list[first] = list[second]!
  list[second] = kept
}

function exchangeRows(values: Float64Array, { n, first, second }: { n: number; first: number; second: number }): void {
  if (first === second) return
  const kept = values.slice(first * n, first * n + n)
  values.copyWithin(first * n, second * n, second * n + n)
  values.set(kept, second * n)
}
