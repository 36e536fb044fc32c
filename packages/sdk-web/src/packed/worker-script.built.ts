/**
 * How the package starts its worker, one file without imports: from its address where that can be known, else from its source in a
 * blob, which works wherever the page's policy lets it. A bundler that knows `new URL(…, import.meta.url)` copies the file and writes
 * its address here. One that does not know it, or a dev server that moves this module, leaves an address where nothing is.
 */
import { importAgain } from './import-again.ts'

/** Ways to start the worker, the best first. */
export async function* workerScripts(): AsyncGenerator<() => Worker> {
  const file = workerFile()
  if (file !== undefined) yield () => start(file)
  const blob = await workerBlob()
  yield () => start(blob)
}

/** Returns the address of a script that a thread of WebAssembly can run. */
export async function threadScript(): Promise<string | undefined> {
  return workerFile() ?? workerBlob()
}

const start = (address: string) => new Worker(address, { type: 'module', name: 'mixflow' })

/** The worker's address; undefined where no bundler has looked after it. */
function workerFile(): string | undefined {
  try {
    const { href } = new URL('../bundle/worker.js', import.meta.url)
    const module: string = import.meta.url
    // Turbopack gives a path without an origin
    const address = new URL(href, globalThis.location?.href)
    if (address.origin !== globalThis.location?.origin) return undefined
    // as it was written: right where this module is where it was written, too
    if (href !== unbundled(module)) return address.href
    return /\/(dist\/packed\/worker-script|mixflow)\.js$/.test(module) ? href : undefined
  } catch {
    return undefined
  }
}

/** What the address is if nobody changed it. */
const unbundled = (module: string): string => new URL(['..', 'bundle', 'worker.js'].join('/'), module).href

let blob: string | undefined

async function workerBlob(): Promise<string> {
  const { default: source } = await importAgain(() => import('../bundle/worker-source.js'))
  blob ??= URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  return blob
}
