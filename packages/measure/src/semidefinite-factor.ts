/**
 * Pivoted Cholesky decomposition of a covariance, S = LLᵀ: the row with the largest remaining variance comes next. It ends when no
 * variance above rounding error remains, so singular matrices are factored accurately, and L has as many columns as the rank
 * of S (Higham, Accuracy and Stability of Numerical Algorithms, §10.3).
 */

export interface Factor {
  /** Rows of S in pivot order. */
  readonly order: Int32Array
  /** L, n × n in row-major layout and pivot order; zero above the diagonal and from column `rank` on. */
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
    swap(order, column, greatest)
    swap(remaining, column, greatest)
    swapRows(values, { n, first: column, second: greatest })
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

/** Computes LᵀSL for another covariance S: its lower triangle, rank × rank. Works on four rows at once, as it is limited by memory bandwidth. */
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

/** Rows `start` to `start + 3` of SL; the last row is repeated beyond the end. */
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

function swap(list: Int32Array | Float64Array, first: number, second: number): void {
  const value = list[first]!
  list[first] = list[second]!
  list[second] = value
}

function swapRows(values: Float64Array, { n, first, second }: { n: number; first: number; second: number }): void {
  if (first === second) return
  const row = values.slice(first * n, first * n + n)
  values.copyWithin(first * n, second * n, second * n + n)
  values.set(row, second * n)
}
