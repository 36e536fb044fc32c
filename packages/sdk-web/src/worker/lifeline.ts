/**
 * How a page learns that its worker is gone: ended by the browser for want of memory, or by itself. No event tells, but a lock of the
 * Web Locks API goes with the thread that holds it. Where there are no such locks the page does not learn it.
 */

/** In the worker: takes a lock for as long as the worker lives. Its name, or null. */
export async function holdLifeline(): Promise<string | null> {
  const { locks } = navigator as { readonly locks?: LockManager }
  if (locks === undefined) return null
  const name = `mixflow ${crypto.randomUUID()}`
  return new Promise(resolve => {
    const held = locks.request(name, () => {
      resolve(name)
      return new Promise(() => {})
    })
    held.catch(() => resolve(null))
  })
}

/** In the page: calls `ended` once the worker that holds it is gone, unless `signal` was aborted before. */
export function watchLifeline(name: string, signal: AbortSignal, ended: () => void): void {
  navigator.locks.request(name, { signal }, ended).catch(() => {})
}
