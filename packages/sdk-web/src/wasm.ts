/** `@mixflow/sdk-web` for apps that never use WebGPU: only the WebAssembly for the processor is part of what a bundler emits. */
import type { ModelPackage } from '@mixflow/core'
import { type LoadModelOptions, loadWith, type WebModel } from './load-model.ts'
import { wasmBinary } from './packed/binary-wasm.ts'

export { MixflowError, SampledImage } from '@mixflow/core'
export type { LoadModelOptions, WebModel } from './load-model.ts'

/** Loads a model as `loadModel` of `@mixflow/sdk-web` does, on WebAssembly. */
export function loadModel(
  from: string | URL | ModelPackage,
  options: Omit<LoadModelOptions, 'device'> = {},
): Promise<WebModel> {
  return loadWith({ wasm: wasmBinary }, from, { device: 'wasm', ...options })
}
