/**
 * A model in this thread: manifest, device, files, then ONNX Runtime, which starts meanwhile but sees none of them before all are
 * verified. Which device and precision is decided before a weight is downloaded. A GPU that is lost is replaced at the next call: once by a new device, after that by the processor.
 */
import {
  type LoadProgress,
  type Manifest,
  type ManifestFile,
  MixflowError,
  type ModelCache,
  normals,
  type SampledImage,
} from '@mixflow/core'
import {
  chooseDenoiser,
  chooseGraph,
  LoadedModel,
  type RemotePlace,
  readGraphs,
  readManifest,
  remoteModel,
  samplesFromEncoder,
  throwIfAborted,
} from '@mixflow/core/internal'
import type { PlainOptions } from '../options.ts'
import type { BinarySource } from '../packed/binary.ts'
import { type DeviceLease, gpuUnavailable } from './adapter.ts'
import { browserCache } from './cache.ts'
import { type Choice, choose, preferredPrecision } from './choose-device.ts'
import { type Engine, openEngine } from './engine.ts'
import { queue, type RunningRuntime, startRuntime } from './runtime.ts'

export interface OpenOptions extends PlainOptions, Pick<BinarySource, 'pieces'> {
  readonly signal: AbortSignal | undefined
  /** undefined: the browser's own. */
  readonly cache: ModelCache | null | undefined
  readonly report: (progress: LoadProgress) => void
  /** Why the model is in this thread, where that was not asked for. */
  readonly note?: string | undefined
}

export async function openModel(place: RemotePlace, options: OpenOptions): Promise<LocalModel> {
  const { signal, report, cache = browserCache() } = options
  const folder = remoteModel(place, cache)
  const manifest = await readManifest(folder, { signal, report })
  const read = async (
    files: readonly ManifestFile[],
    progress: (progress: LoadProgress) => void,
    quit?: AbortSignal,
  ) => {
    const contents = await readGraphs(folder, { manifest, files }, { signal: quit, report: progress })
    return files.map((file, i) => ({ file, bytes: contents[i]! }))
  }
  const source: Source = { manifest, read, options }
  const first = await start(source, { ...(await choose(options.device)), report, signal })
  report({ phase: 'session', fraction: 1 })
  return new LocalModel(source, first)
}

interface Source {
  readonly manifest: Manifest
  readonly options: OpenOptions
  read(
    files: readonly ManifestFile[],
    report: (progress: LoadProgress) => void,
    signal?: AbortSignal,
  ): Promise<{ readonly file: ManifestFile; readonly bytes: Uint8Array }[]>
}

interface Started {
  readonly engine: Engine
  readonly note: string | undefined
}

interface StartOptions extends Choice {
  readonly report: (progress: LoadProgress) => void
  readonly signal: AbortSignal | undefined
}

/** Opens the networks. Where the device was left open and the GPU does not do, on the processor. */
async function start(source: Source, { adapter, note, report, signal }: StartOptions): Promise<Started> {
  const { manifest, options, read } = source
  const denoiserFile = chooseDenoiser(manifest, { dtype: options.dtype, preferred: preferredPrecision(adapter) })
  const encoderFile = manifest.networks.encoder === null ? undefined : chooseGraph(manifest, 'encoder', 'float32')
  const files = encoderFile && samplesFromEncoder(manifest.source) ? [denoiserFile, encoderFile] : [denoiserFile]
  const runtime = startRuntime(adapter === null ? 'wasm' : 'webgpu', options)
  const downloads = togetherWith(runtime, report)
  const [[denoiser, encoder]] = await Promise.all([
    read(files, downloads, signal),
    unlessAborted(runtime.downloaded, signal),
  ])
  report({ phase: 'session', fraction: 0 })
  const quiet = async () => (await read([encoderFile!], () => {}))[0]!
  let gpu: DeviceLease | undefined
  try {
    gpu = await adapter?.requestDevice().catch(cause => {
      throw gpuUnavailable('the adapter gives no device', cause)
    })
    throwIfAborted(signal)
    const ort = await unlessAborted(runtime.ort, signal)
    const engine = await queue.run(async () => {
      const opened = await openEngine({
        ...{ manifest, denoiser: denoiser!, ort, gpu: gpu ?? null },
        encoder: encoderFile && (encoder === undefined ? quiet : async () => encoder),
      })
      try {
        if (encoder !== undefined) await opened.openEncoder()
        if (gpu !== undefined) await tryOut(opened, manifest)
        throwIfAborted(signal)
      } catch (error) {
        await opened.release()
        throw error
      }
      return opened
    }, signal)
    return { engine, note }
  } catch (error) {
    gpu?.giveBack()
    if (adapter === null || options.device !== 'auto' || (MixflowError.is(error) && error.code === 'ABORTED'))
      throw error
    const reason = error instanceof Error ? error.message : String(error)
    return start(source, { adapter: null, note: `WebGPU did not work: ${reason}`, report, signal })
  }
}

/** Progress of the files, ONNX Runtime's own counted among them. */
function togetherWith(runtime: RunningRuntime, report: (progress: LoadProgress) => void) {
  let [files, runtimeBytes]: [LoadProgress | undefined, number] = [undefined, 0]
  const tell = () => {
    if (files === undefined) return
    const bytes = (files.bytes ?? 0) + runtimeBytes
    const totalBytes = (files.totalBytes ?? 0) + runtime.totalBytes
    report({ ...files, bytes, totalBytes, fraction: totalBytes === 0 ? files.fraction : bytes / totalBytes })
  }
  runtime.watch(bytes => {
    runtimeBytes = bytes
    tell()
  })
  return (progress: LoadProgress) => {
    files = progress
    tell()
  }
}

/** The outcome of work that others share, or ABORTED as soon as this caller gives up. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const abort = () => {
      try {
        throwIfAborted(signal)
      } catch (error) {
        reject(error)
      }
    }
    abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** A GPU counts as usable once it gave a velocity: finite, and not all zeros as faulty drivers do. It also warms up. */
async function tryOut({ backend }: Engine, { image, labels, source }: Manifest): Promise<void> {
  const elementsPerImage = image.channels * image.height * image.width
  const x = await backend.upload(normals({ seed: 0, stream: 'probe', images: 1, elementsPerImage }))
  const given = {
    ...{ t: Float32Array.of(0.5) },
    ...(labels && { label: Int32Array.of(0) }),
    ...(source?.conditionOnWeight && { w: Float32Array.of(0.5) }),
  }
  const velocity = await backend.velocity(x, given)
  try {
    const numbers = await backend.download(velocity)
    if (numbers.every(Number.isFinite)) return
  } finally {
    backend.space.release?.(x)
    backend.space.release?.(velocity)
  }
  throw new MixflowError('MODEL_OUTPUT_INVALID', 'on this GPU the model gives numbers that are not finite', {
    hint: 'use dtype: "float32", or device: "wasm"',
  })
}

export class LocalModel extends LoadedModel<SampledImage> {
  readonly manifest: Manifest
  /** The networks as they are now; for tests. */
  readonly engine: () => Engine

  constructor(source: Source, first: Started) {
    let current: Promise<Started> = Promise.resolve(first)
    let started = first
    let losses = 0
    const restart = async (error: MixflowError): Promise<Started> => {
      losses++
      await queue.run(() => started.engine.release()).catch(() => {})
      const isStrict = source.options.device === 'webgpu'
      if (isStrict && losses > 1) throw error
      const choice = losses > 1 ? { adapter: null, note: error.message } : await choose(source.options.device)
      return start(source, { ...choice, report: () => {}, signal: undefined })
    }
    super({
      model: source.manifest,
      queue,
      async backend() {
        const lost = started.engine.lost()
        if (lost !== null && (await current) === started) {
          const before = started
          current = restart(lost).then(
            next => {
              started = next
              return next
            },
            error => {
              current = Promise.resolve(before)
              throw error
            },
          )
        }
        return (await current).engine.backend
      },
      place: () => {
        const { engine, note } = started
        const notes = [note, source.options.note].filter(part => part !== undefined)
        return { device: engine.device, dtype: engine.dtype, ...(notes.length > 0 && { note: notes.join('; ') }) }
      },
      toImage: image => image,
      release: async () => (await current).engine.release(),
    })
    this.manifest = source.manifest
    this.engine = () => started.engine
  }
}
