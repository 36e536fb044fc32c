import type { ModelPackage } from '@mixflow/core'
import { type LoadModelOptions, loadWith, type WebModel } from './load-model.ts'
import { wasmBinary } from './packed/binary-wasm.ts'
import { webgpuBinary } from './packed/binary-webgpu.ts'

export {
  type Capabilities,
  type Inversion,
  type ListedModel,
  type LoadProgress,
  type Manifest,
  MixflowError,
  type ModelCache,
  type ModelPackage,
  type Picture,
  SampledImage,
  type SampleProgress,
  type SampleRequest,
  type SampleResult,
  type SourceDraw,
  type StreamStep,
} from '@mixflow/core'
export { chooseDevice, type DeviceChoice } from './device-choice.ts'
export type { LoadModelOptions, WebModel } from './load-model.ts'

/**
 * Loads a model by its name, `mnist`: from its npm package where the page's import map has that, else from its address. From the
 * http(s) address of its folder or of its mixflow.json, relative to the page. Or from what the npm package of a model exports, `import
 * digits from '@mixflow/model-mnist'`, which is how a bundler takes it along. A word alone is a name; `./mnist` is an address.
 *
 * @throws MixflowError ARGUMENT_INVALID, DEVICE_UNAVAILABLE, PACKAGE_MISSING, CONTEXT_INSECURE, DOWNLOAD_*, MANIFEST_INVALID,
 * MODEL_UNKNOWN, MODEL_NOT_FOUND, MODEL_HASH_MISMATCH, MODEL_INVALID, MODEL_OUTPUT_INVALID, ABORTED.
 */
export function loadModel(from: string | URL | ModelPackage, options: LoadModelOptions = {}): Promise<WebModel> {
  return loadWith({ wasm: wasmBinary, webgpu: webgpuBinary }, from, options)
}
