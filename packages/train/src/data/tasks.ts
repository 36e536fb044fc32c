/** What reading a data set shares: cancellation, progress, and tasks that run concurrently within limits. */

import { availableParallelism } from 'node:os'
import { MixflowError } from '@mixflow/core'

/** @throws MixflowError ABORTED if the signal is aborted. @param what the operation: "reading photos" */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new MixflowError('ABORTED', `${what} was aborted`, { cause: signal.reason })
}

/** Progress of opening a data set. Reported often; the receiver throttles. */
export interface DataProgress {
  /** `wait` while another process downloads the same file, `download` and `verify` count bytes, `read` counts images. */
  readonly phase: 'wait' | 'download' | 'verify' | 'read'
  /** File name or path. */
  readonly what: string
  readonly done: number
  readonly total: number
}

export type OnProgress = (progress: DataProgress) => void

/** Runs task(0) to task(count - 1), a few concurrently. After an error, starts no more and rejects once the running ones have ended. */
export async function inParallel(count: number, task: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const work = async () => {
    try {
      while (next < count) await task(next++)
    } catch (error) {
      next = count
      throw error
    }
  }
  const workers = Math.min(count, availableParallelism() + 1, 8)
  for (const worker of await Promise.allSettled(Array.from({ length: workers }, work))) {
    if (worker.status === 'rejected') throw worker.reason
  }
}

/** Starts tasks in order of arrival, while the memory they need together is within the budget. */
export function memoryBudget(bytes: number) {
  const waiting: { readonly needed: number; readonly begin: () => void }[] = []
  let free = bytes
  const next = () => {
    while (waiting[0] && waiting[0].needed <= free) {
      const { needed, begin } = waiting.shift()!
      free -= needed
      begin()
    }
  }
  return {
    bytes,
    /** Runs the task once `requested` bytes are free. A task that needs the whole budget or more runs alone. */
    async run<T>(requested: number, task: () => Promise<T>): Promise<T> {
      const needed = Math.min(requested, bytes)
      await new Promise<void>(begin => {
        waiting.push({ needed, begin })
        next()
      })
      try {
        return await task()
      } finally {
        free += needed
        next()
      }
    },
  }
}
