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
export { encodePng } from './encode-png.ts'
export { defaultCacheDir, type LoadModelOptions, loadModel } from './load-model.ts'
export { NodeImage, type NodeModel } from './node-model.ts'
