/** Runs one task at a time, in order, because a WebGPU device may fail when two sessions run at once. A failed task does not stop the queue. */
export class Queue {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task)
    this.#last = result.catch(() => {})
    return result
  }

  /** Resolves when all tasks so far are done. */
  idle(): Promise<void> {
    return this.run(async () => {})
  }
}
