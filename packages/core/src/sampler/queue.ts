/**
 * Queue: at most `concurrency` tasks run at a time, first come, first served. Each of several sampling calls enqueues one evaluation
 * after the other, so a small call does not wait for a large one.
 */
import { abortError, throwIfAborted } from '../errors.ts'

interface Waiting {
  readonly signal: AbortSignal | undefined
  start(): void
  cancel(): void
}

export class Queue {
  readonly concurrency: number
  #running = 0
  readonly #waiting = new Set<Waiting>()

  constructor(concurrency = 1) {
    this.concurrency = concurrency
  }

  /** Runs `task` when it is its turn. @throws MixflowError ABORTED as soon as `signal` is aborted before that */
  async run<T>(task: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    throwIfAborted(signal)
    if (this.#running < this.concurrency) this.#running++
    else await this.#wait(signal)
    try {
      throwIfAborted(signal)
      return await task()
    } finally {
      this.#startNext()
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((start, reject) => {
      this.#waiting.add({ signal, start, cancel: () => reject(abortError(signal!)) })
      // adding the same listener again has no effect, so one serves all tasks of a signal
      signal?.addEventListener('abort', this.#onAbort, { once: true })
    })
  }

  readonly #onAbort = ({ target }: Event): void => {
    for (const entry of [...this.#waiting]) {
      if (entry.signal !== target) continue
      this.#waiting.delete(entry)
      entry.cancel()
    }
  }

  /** Hands the slot of a finished task to the one that has waited longest. */
  #startNext(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#running--
      return
    }
    this.#waiting.delete(next)
    const { signal } = next
    if (![...this.#waiting].some(entry => entry.signal === signal)) signal?.removeEventListener('abort', this.#onAbort)
    next.start()
  }
}
