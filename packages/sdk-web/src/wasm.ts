/** `@mixflow/sdk-web` without WebGPU: bundlers copy only the WebAssembly for the CPU. */
import type { ModelPackage } from '@mixflow/core'
import { loadWith } from './load-model.ts'
import type { LoadModelOptions, WebModel } from './options.ts'
import { wasmBinary } from './packed/binary-wasm.ts'

export { MixflowError, SampledImage } from '@mixflow/core'
export type { LoadModelOptions, WebModel } from './options.ts'

/** Loads a model as `loadModel` of `@mixflow/sdk-web` does, on WebAssembly. */
export function loadModel(
  from: string | URL | ModelPackage,
  options: Omit<LoadModelOptions, 'device'> = {},
): Promise<WebModel> {
  return loadWith({ wasm: wasmBinary }, from, { device: 'wasm', ...options })
}
