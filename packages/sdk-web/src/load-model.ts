/**
 * `loadModel`: from a name, URL or package to a model that samples. All work is done in a worker if one can be started, else in this
 * thread. The code for either is imported by the first call.
 */
import { MixflowError, type ModelPackage } from '@mixflow/core'
import { isModelName, isModelPackage, type RemoteSource, show, throwIfAborted } from '@mixflow/core/internal'
import { importWithRetry } from './import-with-retry.ts'
import { namedModel } from './named-model.ts'
import { checkOptions, type Device, type LoadModelOptions, type WebModel } from './options.ts'
import type { PackedBinary, Pieces } from './packed/binary.ts'
import { threadScript } from './packed/worker-script.ts'

/** ONNX Runtime's WebAssembly that the package contains for each device. */
export type Binaries = Partial<Readonly<Record<Device, PackedBinary | undefined>>>

/** `loadModel` with the WebAssembly of one of the package's entry points. */
export async function loadWith(
  binaries: Binaries,
  from: string | URL | ModelPackage,
  options: LoadModelOptions,
): Promise<WebModel> {
  const checked = checkOptions(options)
  const source = await sourceOf(from, checked)
  const { worker = true, signal, cache, onProgress, runtime } = checked
  throwIfAborted(signal)
  const pieces = (device: Device) => piecesOf(binaries[device])
  let note: string | undefined
  if (worker !== false) {
    const { loadInWorker } = await importWithRetry(() => import('./worker/worker-host.ts'))
    const loaded = await loadInWorker(source, { ...checked, pieces })
    if (!('note' in loaded)) return loaded
    note = loaded.note
  }
  const { openModel } = await importWithRetry(() => import('./local/open-model.ts'))
  const script = (runtime.threads ?? 1) > 1 && note === undefined ? await threadScript() : undefined
  return openModel(source, {
    ...checked,
    signal,
    cache,
    note,
    pieces,
    report: progress => onProgress?.(progress),
    runtime: { ...runtime, ...(script !== undefined && { threadScript: script }) },
  })
}

function piecesOf(binary: PackedBinary | undefined): Pieces | undefined {
  if (binary === undefined) return undefined
  const { bytes, pieces } = binary
  return { bytes, count: pieces.length, read: async index => (await importWithRetry(pieces[index]!)).default }
}

async function sourceOf(from: unknown, { models }: LoadModelOptions): Promise<RemoteSource> {
  const { location } = globalThis as { location?: Location }
  if (location === undefined) {
    throw new MixflowError('DEVICE_UNAVAILABLE', 'loadModel of @mixflow/sdk-web needs a browser', {
      hint: 'on a server, call loadModel from "@mixflow/sdk-node"; in a page that is rendered on a server, call it in an event handler or effect',
    })
  }
  if (isModelName(from)) {
    const found = await namedModel(from, models)
    return 'files' in found ? withAbsoluteUrls(found, location.href) : found
  }
  if (isModelPackage(from)) return withAbsoluteUrls(from, location.href)
  if (typeof from === 'string' || from instanceof URL) {
    const url = parseUrl(String(from), location.href)
    if (url !== null && /^https?:$/.test(url.protocol)) return url
  }
  const message = `loadModel takes a name, an http(s) URL or a model package, got ${show(from)}`
  throw new MixflowError('ARGUMENT_INVALID', message, {
    hint: 'loadModel("mnist"), loadModel("/models/digits/"), loadModel("https://example.org/model/"), or: import digits from "@mixflow/model-mnist"; loadModel(digits)',
  })
}

const parseUrl = (url: string, base: string): URL | null => (URL.canParse(url, base) ? new URL(url, base) : null)

/** A worker cannot resolve URLs relative to the page. */
function withAbsoluteUrls({ manifest, files }: ModelPackage, base: string): ModelPackage {
  const urls = Object.entries(files).map(([path, file]) => {
    const url = parseUrl(String(file), base)
    if (url !== null && /^(https?|blob|data):$/.test(url.protocol)) return [path, url.href]
    throw new MixflowError('ARGUMENT_INVALID', `a page cannot fetch the URL of ${path}: ${show(file)}`, {
      hint: 'bundlers replace new URL("./file", import.meta.url); without a bundler, pass the URL of the model\'s folder',
    })
  })
  return { manifest, files: Object.fromEntries(urls) }
}
