import type { ModelPackage } from '@mixflow/core'
import { loadWith } from './load-model.ts'
import type { LoadModelOptions, WebModel } from './options.ts'
import { wasmBinary } from './packed/binary-wasm.ts'
import { webgpuBinary } from './packed/binary-webgpu.ts'

export {
  type Capabilities,
  type ImageInput,
  type Inversion,
  type ListedModel,
  type LoadProgress,
  type Manifest,
  MixflowError,
  type ModelCache,
  type ModelPackage,
  SampledImage,
  type SampleProgress,
  type SampleRequest,
  type SampleResult,
  type SourceDraw,
  type StreamStep,
} from '@mixflow/core'
export { chooseDevice, type DeviceChoice } from './choose-device.ts'
export type { LoadModelOptions, WebModel } from './options.ts'

/**
 * Loads a model.
 *
 * @param from a name such as `mnist` (a string without a slash or dot): the model's npm package if the page's import map has it, else its
 * public URL; or the http(s) URL of the model's folder or its mixflow.json, relative to the page; or what the npm package of a model
 * exports, `import digits from '@mixflow/model-mnist'`, whose files bundlers copy
 * @throws MixflowError ARGUMENT_INVALID, DEVICE_UNAVAILABLE, PACKAGE_MISSING, CONTEXT_INSECURE, DOWNLOAD_*, MANIFEST_INVALID,
 * MODEL_UNKNOWN, MODEL_NOT_FOUND, MODEL_HASH_MISMATCH, MODEL_INVALID, MODEL_OUTPUT_INVALID, ABORTED
 */
export function loadModel(from: string | URL | ModelPackage, options: LoadModelOptions = {}): Promise<WebModel> {
  return loadWith({ wasm: wasmBinary, webgpu: webgpuBinary }, from, options)
}
