/**
 * Model files in the browser's Cache API, by their SHA-256. Errors of the cache (a full disk, a private window, a page without storage
 * permission) are ignored: a load does not fail because a file cannot be cached.
 */
import type { ModelCache } from '@mixflow/core'

export function browserCache(): ModelCache {
  const attempt = async <T>(use: (cache: Cache) => Promise<T>): Promise<T | undefined> => {
    try {
      return await use(await caches.open('mixflow-models'))
    } catch {
      return undefined
    }
  }
  return {
    async match(key) {
      const buffer = await attempt(async cache => (await cache.match(urlOf(key)))?.arrayBuffer())
      return buffer && new Uint8Array(buffer)
    },
    async put(key, bytes) {
      await attempt(cache => cache.put(urlOf(key), new Response(bytes as Uint8Array<ArrayBuffer>)))
    },
    async delete(key) {
      await attempt(cache => cache.delete(urlOf(key)))
    },
  }
}

/** The Cache API needs a URL as key; nothing is ever fetched from this one. */
const urlOf = (key: string) => `https://mixflow.invalid/sha256/${key}`
