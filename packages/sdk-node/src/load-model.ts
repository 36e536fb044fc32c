/**
 * `loadModel`: from a folder or address to a model that samples. The manifest is read and checked first; then the graphs
 * that sampling needs, each verified before the runtime sees a byte: the denoiser in one precision, and the encoder
 * where sampling starts from it (kappa is the label or noise), else when variations first ask for it. Models with the same
 * files on the same device share what is open. Whatever fails, nothing stays open.
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
  isModelName,
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
import { openFolder, openPackage } from './folder/open-folder.ts'
import { openNamed } from './folder/open-named.ts'
import { OpenNetworks, shareNetworks } from './networks/open-networks.ts'
import { inThisThread } from './networks/place.ts'
import { WorkerPool } from './networks/worker-pool.ts'
import { NodeModel } from './node-model.ts'

export interface LoadModelOptions {
  /** Where the networks run. `auto` is CUDA where it was set up and works, else the CPU; `capabilities()` tells which, and why. */
  readonly device?: 'auto' | Device
  /** Precision of the weights. `auto` is float32 where the model has it: on a CPU it is the faster one. */
  readonly dtype?: 'auto' | 'float32' | 'float16'
  /** Threads of one evaluation on the CPU; as many as there are cores unless said, or each worker's share of them. */
  readonly threads?: number
  /**
   * Evaluates the networks in so many threads of a pool, side by side, rather than in this one: for throughput on many cores,
   * and so that this thread stays free. On the CPU only. The images are the same.
   */
  readonly workers?: number
  /** Folder that downloads are kept in, named by content; the user's cache folder unless said; null keeps nothing. */
  readonly cacheDir?: string | null
  /** Which models have a name, instead of those of `@mixflow/zoo/models`. */
  readonly models?: readonly ListedModel[]
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: LoadProgress) => void
}

/** Where `loadModel` keeps downloads unless told otherwise: in `MIXFLOW_CACHE` if set, else the user's cache folder. */
export const defaultCacheDir = (): string =>
  resolve(process.env.MIXFLOW_CACHE || envPaths('mixflow', { suffix: '' }).cache, 'models')

/**
 * Loads a model by its name, `mnist`: from its npm package where that is installed, else from its address. From a folder, a
 * `mixflow.json`, or an http(s) address of either. Or from what the npm package of a model exports, `import digits from
 * '@mixflow/model-mnist'`. A word alone is a name first, and a folder of the working directory only if no model has it;
 * `./mnist` is the folder in any case.
 *
 * @throws MixflowError ARGUMENT_INVALID, DEVICE_UNAVAILABLE, MODEL_UNKNOWN, MODEL_NOT_FOUND, DOWNLOAD_*, MANIFEST_INVALID,
 * MODEL_HASH_MISMATCH, MODEL_INVALID, ABORTED.
 */
export async function loadModel(from: string | URL | ModelPackage, options: LoadModelOptions = {}): Promise<NodeModel> {
  const { dtype, cacheDir, models, report, signal, workers, ...asked } = checkOptions(from, options)
  const { device, note } = await untilAborted(chooseDevice(asked.device), signal)
  const folder = isModelPackage(from)
    ? openPackage(from, { cacheDir })
    : await (isModelName(from) ? openNamed(from, { cacheDir, models }) : openFolder(from, { cacheDir }))
  const manifest = await readManifest(folder, { signal, report })
  const denoiserFile = chooseDenoiser(manifest, { dtype, preferred: 'float32' })
  const encoderFile = manifest.networks.encoder === null ? undefined : chooseGraph(manifest, 'encoder', 'float32')
  const startsThere = encoderFile !== undefined && samplesFromEncoder(manifest.source)
  const files = startsThere ? [denoiserFile, encoderFile] : [denoiserFile]
  const [denoiserBytes, encoderBytes] = await readGraphs(folder, { manifest, files }, { signal, report })

  report({ phase: 'session', fraction: 0 })
  const threads = asked.threads ?? (workers && Math.max(1, Math.floor(availableParallelism() / workers)))
  const facts = [denoiserFile.sha256, encoderFile?.sha256, device, threads, workers]
  const { thing: networks, giveBack } = await shareNetworks(facts, () => {
    const place = workers === undefined ? inThisThread(device, threads) : new WorkerPool({ workers, threads: threads! })
    return OpenNetworks.open(place, denoiserBytes!, { file: denoiserFile, ports: manifest.networks.denoiser })
  })
  async function openEncoder(): Promise<Network> {
    const quiet = { signal: undefined, report: () => {} }
    const [bytes] = encoderBytes ? [encoderBytes] : await readGraphs(folder, { manifest, files: [encoderFile!] }, quiet)
    return networks.encoder(bytes!, { file: encoderFile!, ports: manifest.networks.encoder! })
  }
  try {
    const encoder = encoderFile && once(openEncoder).get
    if (startsThere) {
      report({ phase: 'session', fraction: 0.5 })
      await encoder!()
    }
    throwIfAborted(signal)
    report({ phase: 'session', fraction: 1 })
    const { denoiser, queue } = networks
    const place = { device, dtype: denoiserFile.dtype!, ...(note !== undefined && { note }) }
    return new NodeModel({ manifest, denoiser, encoder, queue, place, release: giveBack })
  } catch (error) {
    await giveBack()
    throw error
  }
}

const optionNames = ['device', 'dtype', 'threads', 'workers', 'cacheDir', 'models', 'signal', 'onProgress']

function checkOptions(from: unknown, options: LoadModelOptions) {
  checkKeys(options as unknown, optionNames, { what: 'loadModel' })
  if (typeof from !== 'string' && !(from instanceof URL) && !isModelPackage(from)) {
    throw new MixflowError(
      'ARGUMENT_INVALID',
      `loadModel takes a name, a path, an address or a model's package, got ${show(from)}`,
      {
        hint: 'loadModel("mnist"), loadModel("runs/mnist/model"), loadModel("https://example.org/model/"), or: import digits from "@mixflow/model-mnist"; loadModel(digits)',
      },
    )
  }
  const { device = 'auto', dtype = 'auto', cacheDir = defaultCacheDir(), signal, onProgress } = options
  if (cacheDir !== null && (typeof cacheDir !== 'string' || cacheDir === '')) {
    throw new MixflowError('ARGUMENT_INVALID', `cacheDir must be a path or null, got ${show(cacheDir)}`, {
      hint: 'leave it out for the cache folder of this user, or give null to keep nothing',
    })
  }
  const threads = checkNumberOf('threads', options.threads)
  const workers = checkNumberOf('workers', options.workers)
  const report = (progress: LoadProgress) => onProgress?.(progress)
  return {
    device: checkDevice(checkWord(device, ['auto', ...devices], { what: 'device' }), workers),
    dtype: checkWord(dtype, ['auto', 'float32', 'float16'], { what: 'dtype' }),
    models: options.models === undefined ? zooModels : checkListed(options.models),
    ...{ cacheDir, threads, workers, report, signal },
  }
}

function checkNumberOf(what: 'threads' | 'workers', value: number | undefined): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= 1024)) return value
  throw new MixflowError('ARGUMENT_INVALID', `${what} must be a whole number in 1..1024, got ${show(value)}`)
}

/** Workers are for cores: with them, `auto` is the CPU. */
function checkDevice(device: 'auto' | Device, workers: number | undefined): 'auto' | Device {
  if (workers === undefined) return device
  if (device === 'auto' || device === 'cpu') return 'cpu'
  throw new MixflowError('ARGUMENT_INVALID', `workers share the cores of the CPU, and ${device} is another device`, {
    hint: 'leave out workers, or device',
  })
}
