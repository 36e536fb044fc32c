/**
 * `loadModel`: from an address to a model that samples, in a page or a worker of one. All the work, from the first byte on, is
 * done in a worker of ours where one can be started, else here; either way the rest of this package is imported only now.
 */
import {
  isModelName,
  isModelPackage,
  type Manifest,
  MixflowError,
  type ModelPackage,
  type RemotePlace,
  type SampledImage,
  type Sampler,
  show,
  throwIfAborted,
} from '@mixflow/core'
import { namedModel } from './named-model.ts'
import { checkOptions, type LoadModelOptions } from './options.ts'

export type { LoadModelOptions } from './options.ts'

export interface WebModel extends Sampler<SampledImage> {
  readonly manifest: Manifest
}

/**
 * Loads a model by its name, `mnist`: from its npm package where the page's import map has that, else from its address. From the
 * http(s) address of its folder or of its mixflow.json, relative to the page. Or from what the npm package of a model exports, `import
 * digits from '@mixflow/model-mnist'`, which is how a bundler takes it along. A word alone is a name; `./mnist` is an address.
 *
 * @throws MixflowError ARGUMENT_INVALID, DEVICE_UNAVAILABLE, PACKAGE_MISSING, CONTEXT_INSECURE, DOWNLOAD_*, MANIFEST_INVALID,
 * MODEL_UNKNOWN, MODEL_NOT_FOUND, MODEL_HASH_MISMATCH, MODEL_INVALID, MODEL_OUTPUT_INVALID, ABORTED.
 */
export async function loadModel(from: string | URL | ModelPackage, options: LoadModelOptions = {}): Promise<WebModel> {
  const checked = checkOptions(options)
  const place = await placeOf(from, checked)
  throwIfAborted(options.signal)
  const { worker = true } = options
  if (worker === false) return here(place, checked)
  const { loadInWorker } = await import('./worker/worker-host.ts')
  const loaded = await loadInWorker(place, checked)
  return 'note' in loaded ? here(place, checked, loaded.note) : loaded
}

async function here(place: RemotePlace, options: ReturnType<typeof checkOptions>, note?: string): Promise<WebModel> {
  const { openModel } = await import('./local/open-model.ts')
  const { signal, cache, onProgress } = options
  return openModel(place, { ...options, signal, cache, note, report: progress => onProgress?.(progress) })
}

async function placeOf(from: unknown, { models }: LoadModelOptions): Promise<RemotePlace> {
  const { location } = globalThis as { location?: Location }
  if (location === undefined) {
    throw new MixflowError('DEVICE_UNAVAILABLE', '@mixflow/sdk-web samples in browsers, and this is none', {
      hint: 'on a server call loadModel from "@mixflow/sdk-node"; in a page that a server renders, call it in an event or effect',
    })
  }
  if (isModelName(from)) {
    const found = await namedModel(from, models)
    return 'files' in found ? absolute(found, location.href) : found
  }
  if (isModelPackage(from)) return absolute(from, location.href)
  if (typeof from === 'string' || from instanceof URL) {
    const address = parsed(String(from), location.href)
    if (address !== null && /^https?:$/.test(address.protocol)) return address
  }
  throw new MixflowError(
    'ARGUMENT_INVALID',
    `loadModel takes a name, an http(s) address or a model's package, got ${show(from)}`,
    {
      hint: 'loadModel("mnist"), loadModel("/models/digits/"), loadModel("https://example.org/model/"), or: import digits from "@mixflow/model-mnist"; loadModel(digits)',
    },
  )
}

const parsed = (address: string, base: string): URL | null =>
  URL.canParse(address, base) ? new URL(address, base) : null

/** With whole addresses, as a worker needs them. Files of the page's own making have them, too. */
function absolute({ manifest, files }: ModelPackage, base: string): ModelPackage {
  const addresses = Object.entries(files).map(([path, given]) => {
    const address = parsed(String(given), base)
    if (address !== null && /^(https?|blob|data):$/.test(address.protocol)) return [path, address.href]
    throw new MixflowError('ARGUMENT_INVALID', `the address of ${path} is none that a page can fetch: ${show(given)}`, {
      hint: 'a bundler follows new URL("./file", import.meta.url); without one, give the address of the model\'s folder',
    })
  })
  return { manifest, files: Object.fromEntries(addresses) }
}
