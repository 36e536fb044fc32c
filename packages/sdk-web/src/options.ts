/** The options and the result of `loadModel`, and the part of the options that is sent to a worker. */
import {
  type ListedModel,
  type LoadProgress,
  type Manifest,
  MixflowError,
  type ModelCache,
  type SampledImage,
  type Sampler,
} from '@mixflow/core'
import { checkKeys, checkListed, checkWord, type Precision, show } from '@mixflow/core/internal'

export interface WebModel extends Sampler<SampledImage> {
  readonly manifest: Manifest
}

export type Device = 'webgpu' | 'wasm'

/** Where ONNX Runtime's WebAssembly comes from, and how many threads it uses. */
export interface RuntimeOptions {
  /**
   * URL of a folder with `ort-wasm-simd-threaded*.wasm` of onnxruntime-web, ending in a slash, relative to the page. Default: the copy
   * in this package.
   */
  readonly wasmPaths?: string
  /** WebAssembly threads. More than 1 needs a cross-origin isolated page. Default: 1 in the page, ONNX Runtime's choice in a worker. */
  readonly threads?: number
}

export interface LoadModelOptions {
  /**
   * Where the networks run. `auto` is WebGPU if there is a hardware adapter, else WebAssembly; `capabilities()` says which, and why.
   * Default: `'auto'`.
   */
  readonly device?: 'auto' | Device
  /**
   * Precision of the denoiser. `auto` is float16 if the model has it and the adapter computes in it, else float32. Default: `'auto'`.
   */
  readonly dtype?: 'auto' | Precision
  /**
   * `true`: run in a worker, which keeps the page responsive, or in the page if no worker can be started (`capabilities().note` says
   * why). `false`: run in the page. A function: run in the worker that it returns, which must call `serveModels()` of
   * `@mixflow/sdk-web/worker`. Default: true.
   */
  readonly worker?: boolean | (() => Worker)
  /** Where downloads are cached; null disables caching. Default: the browser's Cache API. */
  readonly cache?: ModelCache | null
  /** The models that can be loaded by name. Default: those of `@mixflow/zoo/models`. */
  readonly models?: readonly ListedModel[]
  readonly runtime?: RuntimeOptions
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: LoadProgress) => void
}

/** The options that can be sent to a worker. */
export interface PlainOptions {
  readonly device: 'auto' | Device
  readonly dtype: 'auto' | Precision
  readonly runtime: RuntimeOptions & {
    /** URL of the script that WebAssembly threads run. */
    readonly threadScript?: string
  }
}

const keys = ['device', 'dtype', 'worker', 'cache', 'models', 'runtime', 'signal', 'onProgress']

/** @throws MixflowError ARGUMENT_INVALID */
export function checkOptions(options: LoadModelOptions): LoadModelOptions & PlainOptions {
  checkKeys(options as unknown, keys, { what: 'loadModel' })
  const { device = 'auto', dtype = 'auto', worker, cache, models, runtime = {} } = options
  checkWord(device, ['auto', 'webgpu', 'wasm'], { what: 'device' })
  checkWord(dtype, ['auto', 'float32', 'float16'], { what: 'dtype' })
  checkKeys(runtime as unknown, ['wasmPaths', 'threads'], { what: 'runtime' })
  if (worker !== undefined && typeof worker !== 'boolean' && typeof worker !== 'function') {
    throw new MixflowError('ARGUMENT_INVALID', `worker must be true, false or a function, got ${show(worker)}`, {
      hint: 'worker: () => new Worker(new URL("./my-worker.js", import.meta.url), { type: "module" })',
    })
  }
  if (models !== undefined) checkListed(models)
  const isCache = (['match', 'put', 'delete'] as const).every(name => typeof cache?.[name] === 'function')
  if (cache !== undefined && cache !== null && !isCache) {
    throw new MixflowError('ARGUMENT_INVALID', `cache must have match, put and delete, got ${show(cache)}`, {
      hint: 'leave it out to use the browser’s cache, or pass null to disable caching',
    })
  }
  const { wasmPaths } = runtime
  const absolute = wasmPaths === undefined ? {} : { wasmPaths: new URL(wasmPaths, globalThis.location?.href).href }
  return { ...options, device, dtype, runtime: { ...runtime, ...absolute } }
}
