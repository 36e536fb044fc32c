import { availableParallelism } from 'node:os'

/** Runs task(0) .. task(count - 1), a few at a time. After a failure no new ones; waits for those under way. */
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
