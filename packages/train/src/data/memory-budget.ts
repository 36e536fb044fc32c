/** Lets tasks begin, in the order they came, while the memory that they need together is within a budget. */

export interface MemoryBudget {
  readonly bytes: number
  /** Runs the task once `needed` bytes are free; one that needs all of them, or more, runs alone. */
  run<T>(needed: number, task: () => Promise<T>): Promise<T>
}

export function memoryBudget(bytes: number): MemoryBudget {
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
    async run(wanted, task) {
      const needed = Math.min(wanted, bytes)
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
