/**
 * Offline use: a service worker caches the page's files (service-worker.ts), `@mixflow/sdk-web` the models. Manifests and the runtime
 * were fetched before the service worker was active, so the page tells it which to cache.
 */
import type { ModelPackage } from '@mixflow/core'
import { manifestFileName } from '@mixflow/core/internal'

export interface CacheMessage {
  /** URLs of manifests. */
  readonly manifests: readonly string[]
  /** The device whose runtime to cache. */
  readonly device: string
}

/** Only in the built page. Without service workers, or on an insecure host, the page needs a network. */
export function registerServiceWorker(): void {
  if (!import.meta.env.PROD) return
  const script = new URL('sw.js', document.baseURI)
  void container()
    ?.register(script, { updateViaCache: 'none' })
    .catch(() => {})
}

export function cacheForOffline(from: URL | ModelPackage, device: string): void {
  if (!import.meta.env.PROD) return
  const message: CacheMessage = { manifests: from instanceof URL ? [manifestOf(from)] : [], device }
  void container()?.ready.then(({ active }) => active?.postMessage(message))
}

const container = () => (navigator as { readonly serviceWorker?: ServiceWorkerContainer }).serviceWorker

/** As core's `remoteFolder` interprets a URL. */
function manifestOf(url: URL): string {
  if (url.pathname.endsWith('.json')) return url.href
  const manifest = new URL(url)
  manifest.pathname = `${url.pathname.replace(/\/$/, '')}/${manifestFileName}`
  return manifest.href
}
