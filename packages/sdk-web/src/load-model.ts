/**
 * `loadModel`: from an address to a model that samples, in a page or a worker of one. All the work, from the first byte on, is
 * done in a worker of ours where one can be started, else here; either way the rest of this package is imported only now.
 */
import { type Manifest, MixflowError, type ModelPackage, type SampledImage, type Sampler } from '@mixflow/core'
import { isModelName, isModelPackage, type RemotePlace, show, throwIfAborted } from '@mixflow/core/internal'
import { namedModel } from './named-model.ts'
import { checkOptions, type Device, type LoadModelOptions } from './options.ts'
import type { PackedBinary, Pieces } from './packed/binary.ts'
import { importAgain } from './packed/import-again.ts'
import { threadScript } from './packed/worker-script.ts'

export type { LoadModelOptions } from './options.ts'

export interface WebModel extends Sampler<SampledImage> {
  readonly manifest: Manifest
}

/** ONNX Runtime's WebAssembly for each device, as the package ships it. */
export type Binaries = Partial<Readonly<Record<Device, PackedBinary | undefined>>>

/** `loadModel` of an entry, which says with which WebAssembly. */
export async function loadWith(
  binaries: Binaries,
  from: string | URL | ModelPackage,
  options: LoadModelOptions,
): Promise<WebModel> {
  const checked = checkOptions(options)
  const place = await placeOf(from, checked)
  throwIfAborted(options.signal)
  const { worker = true } = options
  const pieces = (device: Device) => piecesOf(binaries[device])
  const here = async (note?: string): Promise<WebModel> => {
    const { openModel } = await importAgain(() => import('./local/open-model.ts'))
    const { signal, cache, onProgress, runtime } = checked
    const script = (runtime.threads ?? 1) > 1 && note === undefined ? await threadScript() : undefined
    return openModel(place, {
      ...{ ...checked, signal, cache, note, pieces, report: progress => onProgress?.(progress) },
      runtime: { ...runtime, ...(script !== undefined && { threadScript: script }) },
    })
  }
  if (worker === false) return here()
  const { loadInWorker } = await importAgain(() => import('./worker/worker-host.ts'))
  const loaded = await loadInWorker(place, { ...checked, pieces })
  return 'note' in loaded ? here(loaded.note) : loaded
}

function piecesOf(binary: PackedBinary | undefined): Pieces | undefined {
  if (binary === undefined) return undefined
  const { bytes, pieces } = binary
  return { bytes, count: pieces.length, read: async index => (await importAgain(pieces[index]!)).default }
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
