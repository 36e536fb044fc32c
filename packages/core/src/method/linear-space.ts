/**
 * LinearSpace<T>: all that an ODE solver asks of its state, so that one loop drives arrays, tensors and GPU buffers.
 * Fixed-step solvers need `combine` alone; adaptive ones also measure errors with `norm`. Both may answer later (a
 * promise), which is how states on another device or thread take part.
 */
import { MixflowError } from '../errors.ts'

export interface LinearTerm<T> {
  readonly factor: number
  readonly of: T
}

export interface ErrorScale<T> {
  readonly rtol: number
  readonly atol: number
  /** States whose larger magnitude, element by element, sets the relative part. */
  readonly at: readonly T[]
}

export interface LinearSpace<T> {
  /** Σ factor · of, over at least one term: a new state; the terms stay as they are. */
  combine(terms: readonly LinearTerm<T>[]): T | Promise<T>
  /** Root mean square over all elements of x / (atol + rtol · max |at|). Not finite if x is not. */
  norm(x: T, scale: ErrorScale<T>): number | Promise<number>
  /** Called with each state and velocity that the solver made or received and needs no more, where memory is counted. */
  release?(x: T): void
}

/** States as Float32Array; each combination is computed in double precision and rounded once. */
export const float32Space: LinearSpace<Float32Array> = arraySpace(length => new Float32Array(length))

/** States as Float64Array. */
export const float64Space: LinearSpace<Float64Array> = arraySpace(length => new Float64Array(length))

/** Sums of one stretch of a combination, in double precision. */
const sums = new Float64Array(1024)

function arraySpace<T extends Float32Array | Float64Array>(create: (length: number) => T): LinearSpace<T> {
  return {
    combine(terms) {
      const { length } = terms[0]!.of
      for (const { of } of terms) checkLength(of, length)
      const out = create(length)
      const last = terms.at(-1)!
      for (let start = 0; start < length; start += sums.length) {
        const end = Math.min(start + sums.length, length)
        sums.fill(0)
        for (const { factor, of } of terms.slice(0, -1)) {
          for (let i = start; i < end; i++) sums[i - start]! += factor * of[i]!
        }
        for (let i = start; i < end; i++) out[i] = sums[i - start]! + last.factor * last.of[i]!
      }
      return out
    },
    norm(x, { rtol, atol, at }) {
      for (const state of at) checkLength(state, x.length)
      let sum = 0
      for (let i = 0; i < x.length; i++) {
        let size = 0
        for (const state of at) size = Math.max(size, Math.abs(state[i]!))
        sum += (x[i]! / (atol + rtol * size)) ** 2
      }
      return Math.sqrt(sum / x.length)
    },
  }
}

function checkLength(state: ArrayLike<number>, length: number): void {
  if (state.length === length) return
  throw new MixflowError('ARGUMENT_INVALID', `a velocity or state has ${state.length} numbers, expected ${length}`, {
    hint: 'the velocity function must return as many numbers as the state has',
  })
}
