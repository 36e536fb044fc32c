/**
 * The states a solver holds and must give back: where memory is counted (tensors, GPU buffers), every state that the
 * solver made and no longer needs is released, at once or, after an error or abort, all together. Without a
 * `release` in the space it does nothing.
 */
import type { LinearSpace } from '../linear-space.ts'

export class HeldStates<T> {
  readonly #held = new Set<T>()
  readonly #space: LinearSpace<T>

  constructor(space: LinearSpace<T>) {
    this.#space = space
  }

  keep(x: T): T {
    if (this.#space.release !== undefined) this.#held.add(x)
    return x
  }

  /** Releases those that are held; others (the caller's own x0) stay as they are. */
  release(...states: readonly T[]): void {
    for (const x of states) if (this.#held.delete(x)) this.#space.release?.(x)
  }

  /** Releases everything but the result. */
  releaseAllBut(result?: T): void {
    for (const x of [...this.#held]) if (x !== result) this.release(x)
  }
}
