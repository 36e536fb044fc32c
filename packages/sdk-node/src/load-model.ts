/**
 * `loadModel`: from a folder or address to a model that samples. The manifest is read and checked first; then the graphs
 * that sampling needs, each verified before the runtime sees a byte: the denoiser in one precision, and the encoder
 * where sampling starts from it (kappa is the label or noise), else when variations first ask for it. Whatever fails,
 * nothing stays open.
 */
import { resolve } from 'node:path'
import {
  checkKeys,
  checkWord,
  chooseDenoiser,
  chooseGraph,
  isModelPackage,
  type LoadProgress,
  MixflowError,
  type ModelPackage,
  type Network,
  once,
  readGraphs,
  readManifest,
  samplesFromEncoder,
  show,
  untilAborted,
} from '@mixflow/core'
import envPaths from 'env-paths'
import { chooseDevice, type Device, devices } from './device/choose-device.ts'
import { openFolder, openPackage } from './folder/open-folder.ts'
import { openNetwork } from './network.ts'
import { NodeModel } from './node-model.ts'

export interface LoadModelOptions {
  /** Where the networks run. `auto` is CUDA where it was set up and works, else the CPU; `capabilities()` tells which, and why. */
  readonly device?: 'auto' | Device
  /** Precision of the weights. `auto` is float32 where the model has it: on a CPU it is the faster one. */
  readonly dtype?: 'auto' | 'float32' | 'float16'
  /** Threads of one evaluation on the CPU; as many as there are cores unless said. */
  readonly threads?: number
  /** Folder that downloads are kept in, named by content; the user's cache folder unless said; null keeps nothing. */
  readonly cacheDir?: string | null
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: LoadProgress) => void
}

/** Where `loadModel` keeps downloads unless told otherwise: in `MIXFLOW_CACHE` if set, else the user's cache folder. */
export const defaultCacheDir = (): string =>
  resolve(process.env.MIXFLOW_CACHE || envPaths('mixflow', { suffix: '' }).cache, 'models')

/**
 * Loads a model from a folder, a `mixflow.json`, or an http(s) address of either; or from what the npm package of a model exports,
 * `import digits from '@mixflow/model-mnist'`.
 *
 * @throws MixflowError ARGUMENT_INVALID, DEVICE_UNAVAILABLE, MODEL_NOT_FOUND, DOWNLOAD_*, MANIFEST_INVALID,
 * MODEL_HASH_MISMATCH, MODEL_INVALID, ABORTED.
 */
export async function loadModel(from: string | URL | ModelPackage, options: LoadModelOptions = {}): Promise<NodeModel> {
  const { dtype, cacheDir, report, signal, threads, ...asked } = checkOptions(from, options)
  const { device, note } = await untilAborted(chooseDevice(asked.device), signal)
  const folder = isModelPackage(from) ? openPackage(from, { cacheDir }) : await openFolder(from, { cacheDir })
  const manifest = await readManifest(folder, { signal, report })
  const denoiserFile = chooseDenoiser(manifest, { dtype, preferred: 'float32' })
  const encoderFile = samplesFromEncoder(manifest) ? chooseGraph(manifest, 'encoder', 'float32') : undefined
  const wanted = encoderFile === undefined ? [denoiserFile] : [denoiserFile, encoderFile]
  const [denoiserBytes, encoderBytes] = await readGraphs(folder, { manifest, files: wanted }, { signal, report })

  report({ phase: 'session', fraction: 0 })
  const { networks } = manifest
  const denoiser = await openNetwork(denoiserBytes!, { file: denoiserFile, ports: networks.denoiser, device, threads })
  const encoder = networks.encoder && once(openEncoder)
  async function openEncoder(): Promise<Network> {
    const file = chooseGraph(manifest, 'encoder', 'float32')
    const quiet = { signal: undefined, report: () => {} }
    const [bytes = encoderBytes!] =
      encoderBytes === undefined ? await readGraphs(folder, { manifest, files: [file] }, quiet) : []
    return openNetwork(bytes, { file, ports: networks.encoder!, device, threads })
  }
  async function release(): Promise<void> {
    await denoiser.release()
    await encoder?.made()?.then(
      network => network.release(),
      () => {},
    )
  }
  try {
    if (encoderFile !== undefined) {
      report({ phase: 'session', fraction: 0.5 })
      await encoder!.get()
    }
    report({ phase: 'session', fraction: 1 })
    const parts = { manifest, denoiser, encoder: encoder?.get, release }
    return new NodeModel({ ...parts, device, note, dtype: denoiserFile.dtype! })
  } catch (error) {
    await release()
    throw error
  }
}

function checkOptions(from: unknown, options: LoadModelOptions) {
  checkKeys(options as unknown, ['device', 'dtype', 'threads', 'cacheDir', 'signal', 'onProgress'], {
    what: 'loadModel',
  })
  if (typeof from !== 'string' && !(from instanceof URL) && !isModelPackage(from)) {
    throw new MixflowError(
      'ARGUMENT_INVALID',
      `loadModel takes a path, an address or a model's package, got ${show(from)}`,
      {
        hint: 'loadModel("runs/mnist/model"), loadModel("https://example.org/model/"), or: import digits from "@mixflow/model-mnist"; loadModel(digits)',
      },
    )
  }
  const { device = 'auto', dtype = 'auto', cacheDir = defaultCacheDir(), threads, signal, onProgress } = options
  if (cacheDir !== null && (typeof cacheDir !== 'string' || cacheDir === '')) {
    throw new MixflowError('ARGUMENT_INVALID', `cacheDir must be a path or null, got ${show(cacheDir)}`, {
      hint: 'leave it out for the cache folder of this user, or give null to keep nothing',
    })
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 1024)) {
    throw new MixflowError('ARGUMENT_INVALID', `threads must be a whole number in 1..1024, got ${show(threads)}`)
  }
  const report = (progress: LoadProgress) => onProgress?.(progress)
  return {
    device: checkWord(device, ['auto', ...devices], { what: 'device' }),
    dtype: checkWord(dtype, ['auto', 'float32', 'float16'], { what: 'dtype' }),
    ...{ cacheDir, threads, report, signal },
  }
}
