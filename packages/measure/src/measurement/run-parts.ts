/**
 * Parts of the work, handed to workers one by one: whoever is free takes the next. The first failure stops all of them and is
 * what is thrown, after each has come to its end.
 */
import { throwIfAborted } from '@mixflow/core/internal'
import type { Part, PartWorker, ResultOf } from './part.ts'

export interface Job {
  readonly part: Part
  /** How much of the whole it is, in any unit. */
  readonly weight: number
}

export interface RunOptions<J extends Job> {
  readonly workers: readonly PartWorker[]
  readonly signal?: AbortSignal | undefined
  /** Awaited before the worker takes its next part. */
  readonly onResult: (job: J, result: ResultOf<Part>) => Promise<void>
  /** Weight done, parts under way included. */
  readonly onProgress?: ((done: number) => void) | undefined
}

export async function runParts<J extends Job>(jobs: readonly J[], options: RunOptions<J>): Promise<void> {
  const { workers, signal, onResult, onProgress } = options
  const failure = new AbortController()
  const stop = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal])
  const underWay = new Map<PartWorker, number>()
  let done = 0
  const report = () => onProgress?.([...underWay.values()].reduce((sum, weight) => sum + weight, done))
  const queue = jobs.values() // one for all workers: each job is taken once

  const work = async (worker: PartWorker): Promise<void> => {
    for (const job of queue) {
      if (failure.signal.aborted) return
      throwIfAborted(signal)
      const watch = (fraction: number) => {
        underWay.set(worker, fraction * job.weight)
        report()
      }
      const result = await worker.run(job.part, { signal: stop, onProgress: watch })
      await onResult(job, result)
      underWay.delete(worker)
      done += job.weight
      report()
    }
  }
  const errors: unknown[] = []
  const fail = (error: unknown) => {
    errors.push(error)
    failure.abort()
  }
  await Promise.all(workers.map(worker => work(worker).catch(fail)))
  if (errors.length > 0) throw errors[0]
}
