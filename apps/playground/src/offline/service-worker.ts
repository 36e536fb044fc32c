/**
 * The service worker: the page without a network. The files of a build are cached at the first visit and served from the cache. The HTML
 * page and JSON files come from the network if it is available, so that updates are noticed. `@mixflow/sdk-web` caches the models.
 */
import type { CacheMessage } from './register.ts'

/** Written by the build (offline.ts). Paths are relative to this script. */
export interface PageFiles {
  /** Hash of all files. */
  readonly version: string
  /** The files of the page, without models and runtimes. */
  readonly files: readonly string[]
  /** Device -> files of ONNX Runtime's WebAssembly. */
  readonly runtimes: Readonly<Record<string, readonly string[]>>
}

/** Defined by the build before this script. */
declare const pageFiles: PageFiles

interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request
  respondWith(answer: Promise<Response>): void
}
interface CacheEvent extends ExtendableEvent {
  readonly data: CacheMessage
}
interface Scope {
  readonly clients: { claim(): Promise<void> }
  addEventListener(type: 'install' | 'activate', listener: (event: ExtendableEvent) => void): void
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void
  addEventListener(type: 'message', listener: (event: CacheEvent) => void): void
}
const scope = globalThis as unknown as Scope

const pageCache = `mixflow-page-${pageFiles.version}`
/** Runtimes and manifests of used models, for all builds. */
const modelCache = 'mixflow-used'
const urlOf = (file: string) => new URL(file, location.href).href

scope.addEventListener('install', event => {
  const add = async () => (await caches.open(pageCache)).addAll(pageFiles.files.map(urlOf))
  event.waitUntil(add())
})

scope.addEventListener('activate', event => {
  const clean = async () => {
    const runtimes = new Set(Object.values(pageFiles.runtimes).flat().map(urlOf))
    for (const name of await caches.keys()) {
      if (name.startsWith('mixflow-page-') && name !== pageCache) await caches.delete(name)
    }
    const cache = await caches.open(modelCache)
    for (const { url } of await cache.keys()) {
      if (url.endsWith('.wasm') && !runtimes.has(url)) await cache.delete(url)
    }
    await scope.clients.claim()
  }
  event.waitUntil(clean())
})

scope.addEventListener('message', event => {
  const { manifests, device } = event.data
  const add = async () => {
    const cache = await caches.open(modelCache)
    for (const url of [...manifests, ...(pageFiles.runtimes[device] ?? []).map(urlOf)]) {
      if ((await caches.match(url)) === undefined) await cache.add(url).catch(() => {})
    }
  }
  event.waitUntil(add())
})

scope.addEventListener('fetch', event => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin) return
  if (request.mode === 'navigate') event.respondWith(networkFirst(request, urlOf('./')))
  else if (url.pathname.endsWith('.json')) event.respondWith(networkFirst(request, request.url))
  else event.respondWith(cacheFirst(request))
})

async function cacheFirst(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request)
}

/** From the network, which also updates the cache; without a network, from the cache. */
async function networkFirst(request: Request, key: string): Promise<Response> {
  try {
    const response = await fetch(request)
    const cache = await caches.open(modelCache)
    if (response.ok && (await cache.match(key)) !== undefined) await cache.put(key, response.clone())
    return response
  } catch (error) {
    const cached = await caches.match(key)
    if (cached !== undefined) return cached
    throw error
  }
}
