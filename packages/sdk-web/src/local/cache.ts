/**
 * The browser's Cache API as a place for models, by content. A full disk, a private window or a page that may not store
 * anything is no reason for a load to fail: then nothing is kept.
 */
import type { ModelCache } from '@mixflow/core'

const name = 'mixflow-models'

/** Cached answers need an address; nothing is ever fetched from it. */
const addressOf = (key: string) => `https://mixflow.invalid/sha256/${key}`

export function browserCache(): ModelCache {
  const quietly = <T>(use: (cache: Cache) => Promise<T>): Promise<T | undefined> =>
    Promise.resolve()
      .then(() => caches.open(name))
      .then(use)
      .catch(() => undefined)
  return {
    async match(key) {
      const buffer = await quietly(async cache => (await cache.match(addressOf(key)))?.arrayBuffer())
      return buffer && new Uint8Array(buffer)
    },
    async put(key, bytes) {
      await quietly(cache => cache.put(addressOf(key), new Response(bytes as Uint8Array<ArrayBuffer>)))
    },
    async delete(key) {
      await quietly(cache => cache.delete(addressOf(key)))
    },
  }
}
