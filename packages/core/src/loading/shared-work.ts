/**
 * Work that many callers want at once is done once: those who come while it runs share its promise and its progress. It is
 * forgotten as soon as it ends, so that a failure is never handed to later callers, and stopped when all have given up.
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

  /** @throws ABORTED by this caller's own signal; what the work throws, to all who wait for it. */
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
