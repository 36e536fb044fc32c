/** Distributes parts to workers: each takes the next part when it is idle. The first failure stops all workers, and is thrown once they have ended. */
import { throwIfAborted } from '@mixflow/core/internal'
import type { Part, PartWorker, ResultOf } from './part.ts'

export interface Job {
  readonly part: Part
  /** Amount of work, in any unit. */
  readonly weight: number
}

export interface RunOptions<J extends Job> {
  readonly workers: readonly PartWorker[]
  readonly signal?: AbortSignal | undefined
  /** Awaited before the worker takes its next part. */
  readonly onResult: (job: J, result: ResultOf<Part>) => Promise<void>
  /** Called with the weight done so far, including fractions of running parts. */
  readonly onProgress?: ((done: number) => void) | undefined
}

export async function runParts<J extends Job>(jobs: readonly J[], options: RunOptions<J>): Promise<void> {
  const { workers, signal, onResult, onProgress } = options
  const failure = new AbortController()
  const stop = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal])
  const running = new Map<PartWorker, number>()
  let done = 0
  const report = () => onProgress?.([...running.values()].reduce((sum, weight) => sum + weight, done))
  const queue = jobs.values() // shared by all workers, so each job is taken once

  const work = async (worker: PartWorker): Promise<void> => {
    for (const job of queue) {
      if (failure.signal.aborted) return
      throwIfAborted(signal)
      const watch = (fraction: number) => {
        running.set(worker, fraction * job.weight)
        report()
      }
      const result = await worker.run(job.part, { signal: stop, onProgress: watch })
      await onResult(job, result)
      running.delete(worker)
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
