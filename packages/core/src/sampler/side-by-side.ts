/**
 * Work on many things, so many at a time, begun in their order. The first that fails ends it: nothing more is begun, what is under
 * way is told to stop where it next asks, and only when all have ended does the error come out.
 */

/** @param work `goOn` throws once another has failed */
export async function sideBySide<T>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T, goOn: () => void) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]()
  let failure: { readonly error: unknown } | undefined
  const goOn = () => {
    if (failure !== undefined) throw failure.error
  }
  const lane = async () => {
    for (let next = rest.next(); next.done !== true && failure === undefined; next = rest.next()) {
      await work(next.value, goOn).catch(error => {
        failure ??= { error }
      })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  goOn()
}
