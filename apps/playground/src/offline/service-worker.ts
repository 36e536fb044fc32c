/**
 * The page without a network. Its own files are kept at the first visit, and come from there as long as this build is in use; the
 * page itself and manifests are asked of the network first, so that news are noticed. Weights are not its business: they are kept by
 * their content in `@mixflow/sdk-web`.
 */
import type { PageFiles } from './page-files.ts'
import type { KeepMessage } from './register.ts'

/** Put before this script by the build. */
declare const pageFiles: PageFiles

interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface Fetching extends Waiting {
  readonly request: Request
  respondWith(answer: Promise<Response>): void
}
interface Told extends Waiting {
  readonly data: KeepMessage
}
interface Scope {
  readonly clients: { claim(): Promise<void> }
  addEventListener(type: 'install' | 'activate', listener: (event: Waiting) => void): void
  addEventListener(type: 'fetch', listener: (event: Fetching) => void): void
  addEventListener(type: 'message', listener: (event: Told) => void): void
}
const scope = globalThis as unknown as Scope

const own = `mixflow-page-${pageFiles.version}`
/** Runtimes and manifests that were used: they outlast a build. */
const used = 'mixflow-used'
const addressOf = (file: string) => new URL(file, location.href).href

scope.addEventListener('install', event => {
  const add = async () => (await caches.open(own)).addAll(pageFiles.files.map(addressOf))
  event.waitUntil(add())
})

scope.addEventListener('activate', event => {
  const begin = async () => {
    const runtimes = new Set(Object.values(pageFiles.runtimes).flat().map(addressOf))
    for (const name of await caches.keys()) {
      if (name.startsWith('mixflow-page-') && name !== own) await caches.delete(name)
    }
    const kept = await caches.open(used)
    for (const { url } of await kept.keys()) {
      if (url.endsWith('.wasm') && !runtimes.has(url)) await kept.delete(url)
    }
    await scope.clients.claim()
  }
  event.waitUntil(begin())
})

scope.addEventListener('message', event => {
  const { manifests, device } = event.data
  const keep = async () => {
    const kept = await caches.open(used)
    for (const url of [...manifests, ...(pageFiles.runtimes[device] ?? []).map(addressOf)]) {
      if ((await caches.match(url)) === undefined) await kept.add(url).catch(() => {})
    }
  }
  event.waitUntil(keep())
})

scope.addEventListener('fetch', event => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin) return
  if (request.mode === 'navigate') event.respondWith(newest(request, addressOf('./')))
  else if (url.pathname.endsWith('.json')) event.respondWith(newest(request, request.url))
  else event.respondWith(keptOrFetched(request))
})

async function keptOrFetched(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request)
}

/** From the network, and what was kept is renewed; without a network, what was kept. */
async function newest(request: Request, key: string): Promise<Response> {
  try {
    const answer = await fetch(request)
    const kept = await caches.open(used)
    if (answer.ok && (await kept.match(key)) !== undefined) await kept.put(key, answer.clone())
    return answer
  } catch (error) {
    const before = await caches.match(key)
    if (before !== undefined) return before
    throw error
  }
}
