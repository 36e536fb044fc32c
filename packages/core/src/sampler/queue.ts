/**
 * Turns: as many evaluations at a time as there are places (one, unless said), first come, first served. Calls that run at once each
 * ask for one evaluation after the other, so a small one is not held up by a large one. What a task throws is its caller's
 * alone, and who gives up while waiting learns it at once.
 */
import { abortError, throwIfAborted } from '../errors.ts'

interface Waiting {
  readonly signal: AbortSignal | undefined
  begin(): void
  giveUp(): void
}

export class Queue {
  /** How many tasks may run at once. */
  readonly places: number
  #taken = 0
  readonly #waiting = new Set<Waiting>()

  constructor(places = 1) {
    this.places = places
  }

  /** Runs `task` when its turn comes; rejects with ABORTED instead as soon as `signal` is aborted before that. */
  async run<T>(task: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    throwIfAborted(signal)
    if (this.#taken < this.places) this.#taken++
    else await this.#wait(signal)
    try {
      throwIfAborted(signal)
      return await task()
    } finally {
      this.#passOn()
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((begin, reject) => {
      this.#waiting.add({ signal, begin, giveUp: () => reject(abortError(signal!)) })
      // the same listener is added once only, however many wait with this signal
      signal?.addEventListener('abort', this.#onAbort, { once: true })
    })
  }

  readonly #onAbort = ({ target }: Event): void => {
    for (const one of [...this.#waiting]) {
      if (one.signal !== target) continue
      this.#waiting.delete(one)
      one.giveUp()
    }
  }

  /** The place goes to who has waited longest. */
  #passOn(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#taken--
      return
    }
    this.#waiting.delete(next)
    const { signal } = next
    if (![...this.#waiting].some(one => one.signal === signal)) signal?.removeEventListener('abort', this.#onAbort)
    next.begin()
  }
}
