/**
 * One task at a time, first come, first served. A WebGPU device may break down when two sessions run on it at once. What a
 * task throws is its caller's alone: the next one has its turn all the same.
 */
export class Queue {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task)
    this.#last = result.catch(() => {})
    return result
  }

  /** Settles when all that was begun until now is done. */
  idle(): Promise<void> {
    return this.run(async () => {})
  }
}
