/**
 * The page without a network: a service worker keeps the page's own files (service-worker.ts), `@mixflow/sdk-web` keeps weights.
 * What a model needs besides was fetched before the worker was there, so the page says what that is.
 */
import type { ModelPackage } from '@mixflow/core'
import { manifestFileName } from '@mixflow/core/internal'

export interface KeepMessage {
  /** Addresses of manifests. */
  readonly manifests: readonly string[]
  /** Where models run: whose runtime to keep. */
  readonly device: string
}

/** In the built page only. Where there are no service workers, or the host is not secure, it needs its network. */
export function registerOffline(): void {
  if (!import.meta.env.PROD) return
  const script = new URL('sw.js', document.baseURI)
  void container()
    ?.register(script, { updateViaCache: 'none' })
    .catch(() => {})
}

export function keepForOffline(from: URL | ModelPackage, device: string): void {
  if (!import.meta.env.PROD) return
  const message: KeepMessage = { manifests: from instanceof URL ? [manifestOf(from)] : [], device }
  void container()?.ready.then(({ active }) => active?.postMessage(message))
}

const container = () => (navigator as { readonly serviceWorker?: ServiceWorkerContainer }).serviceWorker

/** As core's `remoteFolder` reads an address. */
function manifestOf(address: URL): string {
  if (address.pathname.endsWith('.json')) return address.href
  const manifest = new URL(address)
  manifest.pathname = `${address.pathname.replace(/\/$/, '')}/${manifestFileName}`
  return manifest.href
}
