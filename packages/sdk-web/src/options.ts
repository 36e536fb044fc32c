/** What `loadModel` takes, and what of it is sent to a worker. */
import { type ListedModel, type LoadProgress, MixflowError, type ModelCache } from '@mixflow/core'
import { checkKeys, checkListed, checkWord, type Precision, show } from '@mixflow/core/internal'

export type Device = 'webgpu' | 'wasm'

/** Where ONNX Runtime's WebAssembly comes from, and how many threads it may take. */
export interface RuntimeOptions {
  /**
   * Address of a folder that holds `ort-wasm-simd-threaded*.wasm` of onnxruntime-web, with a slash at its end; relative to the page.
   * Default: this package's own copy.
   */
  readonly wasmPaths?: string
  /** Of WebAssembly; more than 1 needs a cross-origin isolated page. */
  readonly threads?: number
}

export interface LoadModelOptions {
  /** Where the networks run. `auto` is WebGPU on a real adapter, else WebAssembly; `capabilities()` tells which, and why. */
  readonly device?: 'auto' | Device
  /** Precision of the weights. `auto` is float16 where the model has it and the adapter computes with it, else float32. */
  readonly dtype?: 'auto' | Precision
  /**
   * Whether all of it runs in a worker, so that the page stays free: `true`, the default, where a worker can be started
   * (`capabilities().note` says why not); a function that gives one, running `serveModels()` of `@mixflow/sdk-web/worker`.
   */
  readonly worker?: boolean | (() => Worker)
  /** Where downloads are kept; the browser's Cache API unless said; null keeps nothing. */
  readonly cache?: ModelCache | null
  /** Which models have a name, instead of those of `@mixflow/zoo/models`. */
  readonly models?: readonly ListedModel[]
  readonly runtime?: RuntimeOptions
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: LoadProgress) => void
}

/** The options that are plain data. */
export interface PlainOptions {
  readonly device: 'auto' | Device
  readonly dtype: 'auto' | Precision
  readonly runtime: RuntimeOptions & {
    /** Address of the script that a thread of WebAssembly runs. */
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
      hint: 'leave it out for the browser’s own cache, or give null to keep nothing',
    })
  }
  const { wasmPaths } = runtime
  const absolute = wasmPaths === undefined ? {} : { wasmPaths: new URL(wasmPaths, globalThis.location?.href).href }
  return { ...options, device, dtype, runtime: { ...runtime, ...absolute } }
}
