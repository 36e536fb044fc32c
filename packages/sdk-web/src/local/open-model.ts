/**
 * A model in this thread: manifest, device, files, then ONNX Runtime, which starts in parallel but receives no file before all are
 * verified. Device and precision are chosen before any ONNX file is downloaded. After a GPU was lost, the next call continues on a new
 * device, after a second loss on WebAssembly.
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
  type RemoteSource,
  readGraphs,
  readManifest,
  remoteModel,
  samplesFromEncoder,
  throwIfAborted,
  untilAborted,
} from '@mixflow/core/internal'
import { type AdapterChoice, chooseAdapter, gpuUnavailable, preferredPrecision } from '../choose-device.ts'
import type { PlainOptions } from '../options.ts'
import type { BinarySource } from '../packed/binary.ts'
import { browserCache } from './cache.ts'
import { type Engine, type Graph, openEngine } from './engine.ts'
import { type DeviceLease, leaseDevice } from './gpu-device.ts'
import { queue, type RunningRuntime, startRuntime } from './runtime.ts'

export interface OpenOptions extends PlainOptions, Pick<BinarySource, 'pieces'> {
  readonly signal: AbortSignal | undefined
  /** undefined: the browser's Cache API; null: no cache. */
  readonly cache: ModelCache | null | undefined
  readonly report: (progress: LoadProgress) => void
  /** Why the model runs in this thread although a worker was requested. */
  readonly note?: string | undefined
}

type Report = OpenOptions['report']

export async function openModel(source: RemoteSource, options: OpenOptions): Promise<LocalModel> {
  const { signal, report, cache = browserCache() } = options
  const folder = remoteModel(source, cache)
  const manifest = await readManifest(folder, { signal, report })
  const files: Files = {
    manifest,
    options,
    async read(listed, report, signal) {
      const contents = await readGraphs(folder, { manifest, files: listed }, { signal, report })
      return listed.map((file, i) => ({ file, bytes: contents[i]! }))
    },
  }
  const first = await start(files, { ...(await chooseAdapter(options.device)), report, signal })
  report({ phase: 'session', fraction: 1 })
  return new LocalModel(files, first)
}

interface Files {
  readonly manifest: Manifest
  readonly options: OpenOptions
  read(files: readonly ManifestFile[], report: Report, signal: AbortSignal | undefined): Promise<Graph[]>
}

interface Started {
  readonly engine: Engine
  readonly note: string | undefined
}

interface StartOptions extends AdapterChoice {
  readonly report: Report
  readonly signal: AbortSignal | undefined
}

/** Opens the networks. With `device: 'auto'`, falls back to the CPU if the GPU does not work. */
async function start(files: Files, { adapter, note, report, signal }: StartOptions): Promise<Started> {
  const { manifest, options } = files
  const denoiserFile = chooseDenoiser(manifest, { dtype: options.dtype, preferred: preferredPrecision(adapter?.facts) })
  const encoderFile = manifest.networks.encoder === null ? undefined : chooseGraph(manifest, 'encoder', 'float32')
  const initial = encoderFile && samplesFromEncoder(manifest.source) ? [denoiserFile, encoderFile] : [denoiserFile]
  const runtime = startRuntime(adapter === null ? 'wasm' : 'webgpu', options)
  const [[denoiser, encoder]] = await Promise.all([
    files.read(initial, withRuntimeBytes(runtime, report), signal),
    untilAborted(runtime.downloaded, signal),
  ])
  report({ phase: 'session', fraction: 0 })
  const readEncoder = async () => encoder ?? (await files.read([encoderFile!], () => {}, undefined))[0]!
  let gpu: DeviceLease | null = null
  try {
    if (adapter !== null) {
      gpu = await leaseDevice(adapter.gpu).catch(cause => {
        throw gpuUnavailable('the adapter does not provide a device', cause)
      })
    }
    throwIfAborted(signal)
    const ort = await untilAborted(runtime.ort, signal)
    const engine = await queue.run(async () => {
      const opened = await openEngine({
        manifest,
        denoiser: denoiser!,
        encoder: encoderFile && readEncoder,
        ort,
        gpu,
      })
      try {
        if (encoder !== undefined) await opened.openEncoder()
        if (gpu !== null) await tryOut(opened, manifest)
        throwIfAborted(signal)
      } catch (error) {
        await opened.release()
        throw error
      }
      return opened
    }, signal)
    return { engine, note }
  } catch (error) {
    gpu?.release()
    const isAbort = MixflowError.is(error) && error.code === 'ABORTED'
    if (adapter === null || options.device !== 'auto' || isAbort) throw error
    const reason = error instanceof Error ? error.message : String(error)
    return start(files, { adapter: null, note: `WebGPU did not work: ${reason}`, report, signal })
  }
}

/** Adds the bytes of ONNX Runtime to the progress of the model's files. */
function withRuntimeBytes(runtime: RunningRuntime, report: Report): Report {
  let files: LoadProgress | undefined
  let runtimeBytes = 0
  const update = () => {
    if (files === undefined) return
    const bytes = (files.bytes ?? 0) + runtimeBytes
    const totalBytes = (files.totalBytes ?? 0) + runtime.totalBytes
    report({ ...files, bytes, totalBytes, fraction: totalBytes === 0 ? files.fraction : bytes / totalBytes })
  }
  runtime.watch(bytes => {
    runtimeBytes = bytes
    update()
  })
  return progress => {
    files = progress
    update()
  }
}

/** Evaluates the denoiser once on the GPU. Velocities must be finite, and not all zero as with faulty drivers. Also warms up. */
async function tryOut({ backend }: Engine, { image, labels, source }: Manifest): Promise<void> {
  const elementsPerImage = image.channels * image.height * image.width
  const x = await backend.upload(normals({ seed: 0, stream: 'probe', images: 1, elementsPerImage }))
  const velocity = await backend.velocity(x, {
    t: Float32Array.of(0.5),
    ...(labels && { label: Int32Array.of(0) }),
    ...(source?.conditionOnWeight && { w: Float32Array.of(0.5) }),
  })
  try {
    const numbers = await backend.download(velocity)
    if (numbers.every(Number.isFinite)) return
  } finally {
    backend.space.release?.(x)
    backend.space.release?.(velocity)
  }
  throw new MixflowError('MODEL_OUTPUT_INVALID', 'on this GPU the model returns NaN or infinite values', {
    hint: 'use dtype: "float32", or device: "wasm"',
  })
}

export class LocalModel extends LoadedModel<SampledImage> {
  readonly manifest: Manifest
  /** The networks in use; for tests. */
  readonly engine: () => Engine

  constructor(files: Files, first: Started) {
    const { manifest, options } = files
    let started = first
    let current = Promise.resolve(first)
    let losses = 0
    const restart = async (error: MixflowError): Promise<Started> => {
      losses++
      await queue.run(() => started.engine.release()).catch(() => {})
      if (losses > 1 && options.device === 'webgpu') throw error
      const choice = losses > 1 ? { adapter: null, note: error.message } : await chooseAdapter(options.device)
      return start(files, { ...choice, report: () => {}, signal: undefined })
    }
    super({
      model: manifest,
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
      runtime: () => {
        const { engine, note } = started
        const notes = [note, options.note].filter(part => part !== undefined)
        return { device: engine.device, dtype: engine.dtype, ...(notes.length > 0 && { note: notes.join('; ') }) }
      },
      toImage: image => image,
      release: async () => (await current).engine.release(),
    })
    this.manifest = manifest
    this.engine = () => started.engine
  }
}
