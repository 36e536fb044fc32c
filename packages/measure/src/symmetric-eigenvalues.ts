/**
 * The eigenvalues of a symmetric matrix: Householder reflections make it tridiagonal, then shifted QL steps diagonalize it (Golub
 * and Van Loan, Matrix Computations, §8.3). Without eigenvectors, which the trace of a square root does not need, this takes a
 * tenth of the time of a full decomposition.
 */

/**
 * @param matrix n × n, row-major; only its lower triangle is read, and it is overwritten
 * @returns n eigenvalues, unsorted, accurate to rounding error of the largest
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  const { diagonal, subdiagonal } = tridiagonal(matrix, n)
  diagonalize(diagonal, subdiagonal)
  return diagonal
}

/**
 * From the last row to the first, the reflection I − β u uᵀ that zeros row `last` left of the subdiagonal is applied from both
 * sides, A − u qᵀ − q uᵀ. The lower triangle is accessed by rows, as it is stored. `subdiagonal[i]` is below `diagonal[i]`; the last one
 * is unused.
 */
function tridiagonal(a: Float64Array, n: number): Readonly<Record<'diagonal' | 'subdiagonal', Float64Array>> {
  const diagonal = new Float64Array(n)
  const subdiagonal = new Float64Array(n)
  const q = new Float64Array(n)
  for (let last = n - 1; last > 0; last--) {
    const u = a.subarray(last * n, last * n + last) // the row itself becomes the vector
    diagonal[last] = a[last * n + last]!
    const scale = u.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    if (scale === 0) continue
    let square = 0
    for (let j = 0; j < last; j++) {
      u[j]! /= scale
      square += u[j]! * u[j]!
    }
    const corner = u[last - 1]!
    const length = corner > 0 ? -Math.sqrt(square) : Math.sqrt(square)
    subdiagonal[last - 1] = scale * length
    const half = square - corner * length // |u|² / 2, once the corner is changed
    if (half === 0) continue
    u[last - 1] = corner - length
    reflect(a, { n, size: last, u, half, q })
  }
  diagonal[0] = a[0] ?? 0
  return { diagonal, subdiagonal }
}

interface Reflection {
  readonly n: number
  /** Size of the leading square that is reflected. */
  readonly size: number
  readonly u: Float64Array
  readonly half: number
  readonly q: Float64Array
}

function reflect(a: Float64Array, { n, size, u, half, q }: Reflection): void {
  for (let i = 0; i < size; i++) {
    const row = i * n
    const ui = u[i]!
    let sum = 0
    for (let j = 0; j < i; j++) {
      const value = a[row + j]!
      sum += value * u[j]!
      q[j]! += value * ui
    }
    q[i] = sum + a[row + i]! * ui
  }
  let along = 0
  for (let i = 0; i < size; i++) {
    q[i]! /= half
    along += u[i]! * q[i]!
  }
  const factor = along / (2 * half)
  for (let i = 0; i < size; i++) q[i]! -= factor * u[i]!
  for (let i = 0; i < size; i++) {
    const row = i * n
    const [ui, qi] = [u[i]!, q[i]!]
    for (let j = 0; j <= i; j++) a[row + j]! -= ui * q[j]! + qi * u[j]!
  }
}

/** Shifted QL steps with rotations, from the first eigenvalue on; each takes two or three steps. */
function diagonalize(d: Float64Array, e: Float64Array): void {
  const n = d.length
  for (let first = 0; first < n; first++) {
    for (;;) {
      let end = first
      while (end < n - 1 && Math.abs(e[end]!) > Number.EPSILON * (Math.abs(d[end]!) + Math.abs(d[end + 1]!))) end++
      if (end === first) break
      step(d, e, { first, end })
    }
  }
}

function step(d: Float64Array, e: Float64Array, { first, end }: { first: number; end: number }): void {
  const ratio = (d[first + 1]! - d[first]!) / (2 * e[first]!)
  const root = Math.hypot(ratio, 1)
  let g = d[end]! - d[first]! + e[first]! / (ratio + (ratio < 0 ? -root : root)) // minus the Wilkinson shift
  let [sine, cosine, shifted] = [1, 1, 0]
  for (let i = end - 1; i >= first; i--) {
    const [f, b] = [sine * e[i]!, cosine * e[i]!]
    const length = Math.hypot(f, g)
    e[i + 1] = length
    if (length === 0) {
      d[i + 1]! -= shifted // the matrix splits here: continue with its parts
      e[end] = 0
      return
    }
    sine = f / length
    cosine = g / length
    const left = d[i + 1]! - shifted
    const change = (d[i]! - left) * sine + 2 * cosine * b
    shifted = sine * change
    d[i + 1] = left + shifted
    g = cosine * change - b
  }
  d[first]! -= shifted
  e[first] = g
  e[end] = 0
}
