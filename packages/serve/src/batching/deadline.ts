/** Ends a request when its client disconnects, the server stops, or its time is over. */
import { MixflowError } from '@mixflow/core'

export interface DeadlineOptions {
  /** Aborted by the client or the server; its reason is a MixflowError. */
  readonly signal: AbortSignal
  readonly seconds: number
  /** For the Retry-After header of a request that timed out in the queue. */
  secondsToWait(): number
}

export class Deadline implements Disposable {
  /** Whether a part of the request has run. */
  hasBegun = false
  readonly #end = new AbortController()
  readonly #options: DeadlineOptions
  readonly #timer: NodeJS.Timeout
  readonly #onAbort = () => this.#end.abort(this.#options.signal.reason)

  constructor(options: DeadlineOptions) {
    this.#options = options
    const { signal, seconds } = options
    this.#timer = setTimeout(() => this.#end.abort(this.#timedOut()), 1000 * seconds)
    signal.addEventListener('abort', this.#onAbort)
    if (signal.aborted) this.#onAbort()
  }

  /** Its reason is a MixflowError. */
  get signal(): AbortSignal {
    return this.#end.signal
  }

  /** Waits for the work. Throws the signal's reason as soon as it is aborted, even if the work takes longer. */
  async orAborted<T>(work: Promise<T>): Promise<T> {
    const { signal } = this
    let onAbort = () => {}
    const abort = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason)
      signal.addEventListener('abort', onAbort)
      if (signal.aborted) onAbort()
    })
    try {
      return await Promise.race([work, abort])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#options.signal.removeEventListener('abort', this.#onAbort)
  }

  #timedOut(): MixflowError {
    const { seconds, secondsToWait } = this.#options
    if (this.hasBegun) {
      return new MixflowError('SERVER_TIMEOUT', `the images were not finished within ${seconds} s`, {
        hint: 'request fewer images or steps, or start the server with a longer --timeout',
      })
    }
    return new MixflowError('SERVER_TIMEOUT', `the request waited ${seconds} s in the queue`, {
      hint: 'try again later',
      details: { status: 503, retryAfterSeconds: secondsToWait() },
    })
  }
}
