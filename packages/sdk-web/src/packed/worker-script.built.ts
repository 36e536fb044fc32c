/**
 * How the package starts its worker, one script without imports: from the script's URL if that is known, else from its source in a `blob:`,
 * unless the page's policy forbids that. Bundlers that recognize `new URL(…, import.meta.url)` copy the script and write its URL here.
 * With other bundlers, and with development servers that move this module, the URL points to nothing.
 */
import { importWithRetry } from '../import-with-retry.ts'

/** Yields ways to start the worker, the preferred one first. */
export async function* workerScripts(): AsyncGenerator<() => Worker> {
  const file = scriptUrl()
  if (file !== undefined) yield () => start(file)
  const blob = await scriptBlob()
  yield () => start(blob)
}

/** Returns the URL of a script that WebAssembly threads run. */
export async function threadScript(): Promise<string | undefined> {
  return scriptUrl() ?? scriptBlob()
}

const start = (address: string) => new Worker(address, { type: 'module', name: 'mixflow' })

/** Returns the script's URL; undefined if no bundler has copied the script. */
function scriptUrl(): string | undefined {
  try {
    const { href } = new URL('../bundle/worker.js', import.meta.url)
    const module: string = import.meta.url
    // Turbopack writes a path without an origin
    const address = new URL(href, globalThis.location?.href)
    if (address.origin !== globalThis.location?.origin) return undefined
    // a bundler has changed the URL; it cannot recognize the one that is assembled here
    if (href !== new URL(['..', 'bundle', 'worker.js'].join('/'), module).href) return address.href
    // unchanged, it is right only where this module is at its original location
    return /\/(dist\/packed\/worker-script|mixflow)\.js$/.test(module) ? href : undefined
  } catch {
    return undefined
  }
}

let blob: string | undefined

async function scriptBlob(): Promise<string> {
  const { default: source } = await importWithRetry(() => import('../bundle/worker-source.js'))
  blob ??= URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  return blob
}
