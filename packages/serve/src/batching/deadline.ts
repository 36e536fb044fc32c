/** When a request must be over: its client goes, the server ends, or its time does; each with the error that says so. */
import { MixflowError } from '@mixflow/core'

export interface DeadlineOptions {
  /** Of the client and the server; its reason is a MixflowError. */
  readonly signal: AbortSignal
  readonly seconds: number
  /** Told to a client whose turn did not come. */
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

  /** Its reason, once it is aborted, is a MixflowError. */
  get signal(): AbortSignal {
    return this.#end.signal
  }

  /** What the work gives; or the signal's reason thrown, as soon as it is aborted, though the work may take longer. */
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
      return new MixflowError('SERVER_TIMEOUT', `the images were not done within ${seconds} s`, {
        hint: 'ask for fewer images or steps, or start the server with a longer --timeout',
      })
    }
    return new MixflowError('SERVER_TIMEOUT', `the request waited ${seconds} s, and its turn did not come`, {
      hint: 'ask again later',
      details: { status: 503, retryAfterSeconds: secondsToWait() },
    })
  }
}
