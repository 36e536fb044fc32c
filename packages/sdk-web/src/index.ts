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
export { type LoadModelOptions, loadModel, type WebModel } from './load-model.ts'
