/**
 * `loadModel`: from an address to a model that samples, in a page or a worker of one. All the work, from the first byte on, is
 * done in a worker of ours where one can be started, else here; either way the rest of this package is imported only now,
 * and ONNX Runtime only once every file was verified.
 */
import { type Manifest, MixflowError, type SampledImage, type Sampler, show, throwIfAborted } from '@mixflow/core'
import { checkOptions, type LoadModelOptions } from './options.ts'

export type { LoadModelOptions } from './options.ts'

export interface WebModel extends Sampler<SampledImage> {
  readonly manifest: Manifest
}

/**
 * Loads a model from the http(s) address of its folder or of its mixflow.json, relative to the page.
 *
 * @throws MixflowError ARGUMENT_INVALID, DEVICE_UNAVAILABLE, PACKAGE_MISSING, CONTEXT_INSECURE, DOWNLOAD_*, MANIFEST_INVALID,
 * MODEL_HASH_MISMATCH, MODEL_INVALID, MODEL_OUTPUT_INVALID, ABORTED.
 */
export async function loadModel(url: string | URL, options: LoadModelOptions = {}): Promise<WebModel> {
  const checked = checkOptions(options)
  const address = addressOf(url)
  throwIfAborted(options.signal)
  const { worker = true } = options
  if (worker === false) return here(address, checked)
  const { loadInWorker } = await import('./worker/worker-host.ts')
  const loaded = await loadInWorker(address, checked)
  return 'note' in loaded ? here(address, checked, loaded.note) : loaded
}

async function here(address: URL, options: ReturnType<typeof checkOptions>, note?: string): Promise<WebModel> {
  const { openModel } = await import('./local/open-model.ts')
  const { signal, cache, onProgress } = options
  return openModel(address, { ...options, signal, cache, note, report: progress => onProgress?.(progress) })
}

function addressOf(url: unknown): URL {
  const { location } = globalThis as { location?: Location }
  if (location === undefined) {
    throw new MixflowError('DEVICE_UNAVAILABLE', '@mixflow/sdk-web samples in browsers, and this is none', {
      hint: 'on a server call loadModel from "@mixflow/sdk-node"; in a page that a server renders, call it in an event or effect',
    })
  }
  if (typeof url === 'string' || url instanceof URL) {
    const base = location.href
    if (URL.canParse(String(url), base)) {
      const address = new URL(String(url), base)
      if (/^https?:$/.test(address.protocol)) return address
    }
  }
  throw new MixflowError('ARGUMENT_INVALID', `loadModel takes an http(s) address, got ${show(url)}`, {
    hint: 'loadModel("/models/digits/") or loadModel("https://example.org/model/")',
  })
}
