/**
 * The linear assignment problem, solved exactly: give each row a column of its own so that the summed cost is least. It
 * is what minibatch optimal transport needs to pair noise with data.
 *
 * Shortest augmenting paths with potentials, after Jonker and Volgenant, "A shortest augmenting path algorithm for dense
 * and sparse linear assignment problems" (Computing 38, 1987): rows whose cheapest column is free take it at once, every
 * other row is joined by one Dijkstra search over reduced costs. O(n³) at worst, far less on costs of images. The
 * potentials come along: they prove the result optimal without solving anything again.
 */
import { MixflowError } from '../../errors.ts'

export interface Assignment {
  /** Column of each row: a permutation of 0..n − 1. */
  readonly order: Uint32Array
  /** Σ costs[i, order[i]], the least there is. */
  readonly cost: number
  /**
   * A certificate: rowPotentials[i] + columnPotentials[j] ≤ costs[i, j] everywhere (within rounding), with equality where j
   * is the column of i, so their sum bounds every assignment from below and this one reaches it.
   */
  readonly rowPotentials: Float64Array
  readonly columnPotentials: Float64Array
}

const nobody = -1

/**
 * @param costs n × n finite numbers, row by row.
 * @throws MixflowError ARGUMENT_INVALID for a length that is no square, or a cost that is not finite.
 */
export function optimalAssignment(costs: Float64Array): Assignment {
  const n = Math.round(Math.sqrt(costs.length))
  if (n * n !== costs.length) {
    throw new MixflowError('ARGUMENT_INVALID', `costs must be a square matrix, got ${costs.length} numbers`)
  }
  const bad = costs.findIndex(cost => !Number.isFinite(cost))
  if (bad >= 0) {
    throw new MixflowError('ARGUMENT_INVALID', `costs must be finite, got ${costs[bad]} in row ${Math.floor(bad / n)}`)
  }
  const state: State = {
    ...{ n, costs },
    rows: new Float64Array(n),
    columns: columnMinima(costs, n),
    columnOf: new Int32Array(n).fill(nobody),
    rowOf: new Int32Array(n).fill(nobody),
  }
  takeCheapest(state)
  const search = { distance: new Float64Array(n), before: new Int32Array(n), done: new Uint8Array(n) }
  for (let row = 0; row < n; row++) if (state.columnOf[row] === nobody) augment(state, search, row)

  const order = Uint32Array.from(state.columnOf)
  const cost = order.reduce((sum, column, row) => sum + costs[row * n + column]!, 0)
  return { order, cost, rowPotentials: state.rows, columnPotentials: state.columns }
}

interface State {
  readonly n: number
  readonly costs: Float64Array
  /** Potentials: rows[i] + columns[j] ≤ costs[i, j] at all times. */
  readonly rows: Float64Array
  readonly columns: Float64Array
  readonly columnOf: Int32Array
  readonly rowOf: Int32Array
}

interface Search {
  /** Length of the shortest path from the free row to each column, in reduced costs. */
  readonly distance: Float64Array
  /** The row from which that path reaches the column. */
  readonly before: Int32Array
  readonly done: Uint8Array
}

function columnMinima(costs: Float64Array, n: number): Float64Array {
  const least = costs.slice(0, n)
  for (let k = n; k < costs.length; k++) if (costs[k]! < least[k % n]!) least[k % n] = costs[k]!
  return least
}

/** Raises each row's potential as far as it goes; a row whose cheapest column is still free takes it. */
function takeCheapest({ n, costs, rows, columns, columnOf, rowOf }: State): void {
  for (let row = 0; row < n; row++) {
    let best = 0
    let least = Number.POSITIVE_INFINITY
    for (let column = 0; column < n; column++) {
      const reduced = costs[row * n + column]! - columns[column]!
      if (reduced < least) {
        least = reduced
        best = column
      }
    }
    rows[row] = least
    if (rowOf[best] !== nobody) continue
    rowOf[best] = row
    columnOf[row] = best
  }
}

/** Finds the shortest path from a free row to a free column, shifts potentials along it, and swaps the pairs on it. */
function augment(state: State, { distance, before, done }: Search, free: number): void {
  const { n, costs, rows, columns, columnOf, rowOf } = state
  distance.fill(Number.POSITIVE_INFINITY)
  done.fill(0)
  const reached: number[] = []
  let row = free
  let column = nobody
  let length = 0
  for (;;) {
    const base = length - rows[row]!
    let next = nobody
    let shortest = Number.POSITIVE_INFINITY
    for (let j = 0; j < n; j++) {
      if (done[j] === 1) continue
      const through = base + costs[row * n + j]! - columns[j]!
      if (through < distance[j]!) {
        distance[j] = through
        before[j] = row
      }
      if (distance[j]! < shortest) {
        shortest = distance[j]!
        next = j
      }
    }
    column = next
    length = shortest
    if (rowOf[column] === nobody) break
    done[column] = 1
    reached.push(column)
    row = rowOf[column]!
  }

  rows[free] = rows[free]! + length
  for (const j of reached) {
    const gap = length - distance[j]!
    columns[j] = columns[j]! - gap
    const owner = rowOf[j]!
    rows[owner] = rows[owner]! + gap
  }
  for (let j = column; ; ) {
    const from = before[j]!
    const given = columnOf[from]!
    rowOf[j] = from
    columnOf[from] = j
    if (from === free) return
    j = given
  }
}
