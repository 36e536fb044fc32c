export {
  type Inversion,
  type ListedModel,
  type LoadProgress,
  type Manifest,
  MixflowError,
  type ModelPackage,
  type SampleProgress,
  type SampleRequest,
  type SampleResult,
  type StreamStep,
} from '@mixflow/core'
export { type Device, type DeviceProblem, deviceProblem } from './device/choose-device.ts'
export { defaultCacheDir, type LoadModelOptions, loadModel } from './load-model.ts'
export { encodePng, NodeImage } from './node-image.ts'
export type { NodeModel } from './node-model.ts'
