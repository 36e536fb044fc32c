/**
 * `loadModel` opens a model for sampling. It reads and checks the manifest, then the graphs that sampling needs, each verified
 * before ONNX Runtime opens it: the denoiser in one precision, and the encoder if sampling starts from it (kappa is the label
 * or noise); otherwise the encoder is read at the first variations. Models of the same files and device share open networks.
 */
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { type ListedModel, type LoadProgress, MixflowError, type ModelPackage } from '@mixflow/core'
import {
  checkKeys,
  checkListed,
  checkWord,
  chooseDenoiser,
  chooseGraph,
  isModelPackage,
  type Network,
  once,
  readGraphs,
  readManifest,
  samplesFromEncoder,
  show,
  throwIfAborted,
  untilAborted,
} from '@mixflow/core/internal'
import { models as zooModels } from '@mixflow/zoo/models'
import envPaths from 'env-paths'
import { chooseDevice, type Device, devices } from './device/choose-device.ts'
import { openFolder } from './model-files/open-folder.ts'
import { threadHost } from './networks/network-host.ts'
import { OpenNetworks, shareNetworks } from './networks/shared-networks.ts'
import { WorkerPool } from './networks/worker-pool.ts'
import { NodeModel } from './node-model.ts'

export interface LoadModelOptions {
  /** Device of the networks. Default: `'auto'`, CUDA if it is set up and works, else the CPU; `capabilities()` reports the choice. */
  readonly device?: 'auto' | Device
  /** Precision of the parameters. Default: `'auto'`, float32 if the model has it, which is faster on a CPU. */
  readonly dtype?: 'auto' | 'float32' | 'float16'
  /** Threads of one evaluation on the CPU. Default: the number of cores, divided by `workers`. */
  readonly threads?: number
  /**
   * Number of worker threads that evaluate the networks concurrently, for throughput on many cores, or to keep this thread free.
   * CPU only. Images do not depend on it. Default: none, the calling thread evaluates.
   */
  readonly workers?: number
  /** Folder for downloads, which are named by content; null keeps none. Default: `defaultCacheDir()`. */
  readonly cacheDir?: string | null
  /** The models that can be loaded by name. Default: those of `@mixflow/zoo/models`. */
  readonly models?: readonly ListedModel[]
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: LoadProgress) => void
}

/** Returns the default folder for downloads: in `MIXFLOW_CACHE` if set, else in the user's cache folder. */
export const defaultCacheDir = (): string =>
  resolve(process.env.MIXFLOW_CACHE || envPaths('mixflow', { suffix: '' }).cache, 'models')

/**
 * Loads a model. If anything fails, nothing stays open.
 *
 * @param from a model's name, such as `'mnist'`, which is loaded from its npm package if that is installed, else from its address;
 *   a folder, a `mixflow.json`, or an http(s) address of either; or what the model's npm package exports, `import digits from
 *   '@mixflow/model-mnist'`. A single word is a folder only if no model has that name; `'./mnist'` is always a folder.
 * @throws MixflowError ARGUMENT_INVALID, DEVICE_UNAVAILABLE, MODEL_UNKNOWN, MODEL_NOT_FOUND, DOWNLOAD_*, MANIFEST_INVALID,
 * MODEL_HASH_MISMATCH, MODEL_INVALID, ABORTED.
 */
export async function loadModel(from: string | URL | ModelPackage, options: LoadModelOptions = {}): Promise<NodeModel> {
  const { dtype, cacheDir, models, report, signal, workers, ...requested } = checkOptions(from, options)
  const { device, note } = await untilAborted(chooseDevice(requested.device), signal)
  const folder = await openFolder(from, { cacheDir, models })
  const manifest = await readManifest(folder, { signal, report })
  const denoiserFile = chooseDenoiser(manifest, { dtype, preferred: 'float32' })
  const encoderFile = manifest.networks.encoder === null ? undefined : chooseGraph(manifest, 'encoder', 'float32')
  const startsFromEncoder = encoderFile !== undefined && samplesFromEncoder(manifest.source)
  const files = startsFromEncoder ? [denoiserFile, encoderFile] : [denoiserFile]
  const [denoiserBytes, encoderBytes] = await readGraphs(folder, { manifest, files }, { signal, report })

  report({ phase: 'session', fraction: 0 })
  const threads = requested.threads ?? (workers && Math.max(1, Math.floor(availableParallelism() / workers)))
  const facts = [denoiserFile.sha256, encoderFile?.sha256, device, threads, workers]
  const { value: networks, release } = await shareNetworks(facts, () => {
    const host = workers === undefined ? threadHost(device, threads) : new WorkerPool({ workers, threads: threads! })
    return OpenNetworks.open(host, denoiserBytes!, { file: denoiserFile, ports: manifest.networks.denoiser })
  })
  async function openEncoder(): Promise<Network> {
    const quiet = { signal: undefined, report: () => {} }
    const [bytes] = encoderBytes ? [encoderBytes] : await readGraphs(folder, { manifest, files: [encoderFile!] }, quiet)
    return networks.encoder(bytes!, { file: encoderFile!, ports: manifest.networks.encoder! })
  }
  try {
    const encoder = encoderFile && once(openEncoder).get
    if (startsFromEncoder) {
      report({ phase: 'session', fraction: 0.5 })
      await encoder!()
    }
    throwIfAborted(signal)
    report({ phase: 'session', fraction: 1 })
    const { denoiser, queue } = networks
    const runtime = { device, dtype: denoiserFile.dtype!, ...(note !== undefined && { note }) }
    return new NodeModel({ manifest, denoiser, encoder, queue, runtime, release })
  } catch (error) {
    await release()
    throw error
  }
}

const optionNames = ['device', 'dtype', 'threads', 'workers', 'cacheDir', 'models', 'signal', 'onProgress']

function checkOptions(from: unknown, options: LoadModelOptions) {
  checkKeys(options as unknown, optionNames, { what: 'loadModel' })
  if (typeof from !== 'string' && !(from instanceof URL) && !isModelPackage(from)) {
    throw new MixflowError(
      'ARGUMENT_INVALID',
      `loadModel expects a name, a path, an address or a model's package, got ${show(from)}`,
      {
        hint: 'loadModel("mnist"), loadModel("runs/mnist/model"), loadModel("https://example.org/model/"), or: import digits from "@mixflow/model-mnist"; loadModel(digits)',
      },
    )
  }
  const { device = 'auto', dtype = 'auto', cacheDir = defaultCacheDir(), signal, onProgress } = options
  if (cacheDir !== null && (typeof cacheDir !== 'string' || cacheDir === '')) {
    throw new MixflowError('ARGUMENT_INVALID', `cacheDir must be a path or null, got ${show(cacheDir)}`, {
      hint: 'leave it out to use the cache folder of the user, or give null to keep no downloads',
    })
  }
  const threads = checkCount('threads', options.threads)
  const workers = checkCount('workers', options.workers)
  const report = (progress: LoadProgress) => onProgress?.(progress)
  return {
    device: checkDevice(checkWord(device, ['auto', ...devices], { what: 'device' }), workers),
    dtype: checkWord(dtype, ['auto', 'float32', 'float16'], { what: 'dtype' }),
    models: options.models === undefined ? zooModels : checkListed(options.models),
    cacheDir,
    threads,
    workers,
    report,
    signal,
  }
}

function checkCount(what: 'threads' | 'workers', value: number | undefined): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= 1024)) return value
  throw new MixflowError('ARGUMENT_INVALID', `${what} must be a whole number in 1..1024, got ${show(value)}`)
}

/** With workers, `auto` is the CPU. */
function checkDevice(device: 'auto' | Device, workers: number | undefined): 'auto' | Device {
  if (workers === undefined) return device
  if (device === 'auto' || device === 'cpu') return 'cpu'
  throw new MixflowError('ARGUMENT_INVALID', `workers run on the CPU, but device is "${device}"`, {
    hint: 'leave out workers or device',
  })
}
