/**
 * Runs work once for concurrent callers with the same key: they share its promise and its progress. The entry is removed when the work
 * ends, so later callers never get an old failure, and the work is aborted when all callers have aborted.
 */
import { throwIfAborted, untilAborted } from '../errors.ts'
import type { ReadOptions } from './model-folder.ts'

interface Running<T> {
  readonly promise: Promise<T>
  readonly controller: AbortController
  readonly listeners: Set<(bytes: number) => void>
  waiting: number
}

export class SharedWork<T> {
  readonly #running = new Map<string, Running<T>>()

  /** @throws MixflowError ABORTED by this caller's signal; errors of the work reach all its callers */
  async run(key: string, options: ReadOptions, start: (options: ReadOptions) => Promise<T>): Promise<T> {
    const { signal, onBytes } = options
    throwIfAborted(signal)
    const running = this.#running.get(key) ?? this.#start(key, start)
    running.waiting++
    if (onBytes !== undefined) running.listeners.add(onBytes)
    try {
      return await untilAborted(running.promise, signal)
    } finally {
      if (onBytes !== undefined) running.listeners.delete(onBytes)
      running.waiting--
      if (running.waiting === 0) {
        if (this.#running.get(key) === running) this.#running.delete(key)
        running.controller.abort(signal?.reason)
      }
    }
  }

  #start(key: string, start: (options: ReadOptions) => Promise<T>): Running<T> {
    const controller = new AbortController()
    const listeners = new Set<(bytes: number) => void>()
    const onBytes = (bytes: number) => {
      for (const listener of listeners) listener(bytes)
    }
    const promise = start({ signal: controller.signal, onBytes })
    const running: Running<T> = { promise, controller, listeners, waiting: 0 }
    this.#running.set(key, running)
    const forget = () => {
      if (this.#running.get(key) === running) this.#running.delete(key)
    }
    promise.then(forget, forget)
    return running
  }
}
