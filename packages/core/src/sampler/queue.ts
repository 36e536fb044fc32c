/**
 * One evaluation at a time, first come, first served. Calls that run at once each ask for one evaluation after the other,
 * so they take turns, and a small one is not held up by a large one. What a task throws is its caller's alone.
 */
import { throwIfAborted } from '../errors.ts'

export class Queue {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs `task` when its turn comes; rejects with ABORTED instead if `signal` was aborted by then. */
  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const result = this.#last.then(() => {
      throwIfAborted(signal)
      return task()
    })
    this.#last = result.catch(() => {})
    return result
  }
}
