/**
 * Runs `work` on each item, at most `concurrency` at a time, started in order. After the first failure no further item is started and
 * `checkContinue` throws in those that run; when all have ended, the error is thrown.
 */
export async function forEachConcurrently<T>(
  items: Iterable<T>,
  concurrency: number,
  work: (item: T, checkContinue: () => void) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]()
  let failure: { readonly error: unknown } | undefined
  const checkContinue = () => {
    if (failure !== undefined) throw failure.error
  }
  const worker = async () => {
    for (let next = rest.next(); next.done !== true && failure === undefined; next = rest.next()) {
      await work(next.value, checkContinue).catch(error => {
        failure ??= { error }
      })
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  checkContinue()
}
