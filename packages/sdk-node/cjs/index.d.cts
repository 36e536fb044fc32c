/** The types of `require('@mixflow/sdk-node')`, which are those of the module: index.cjs is the same, bundled into one file. */
import type * as sdk from '../dist/index.js' with { 'resolution-mode': 'import' }

export type {
  Device,
  DeviceProblem,
  Inversion,
  ListedModel,
  LoadModelOptions,
  LoadProgress,
  Manifest,
  ModelPackage,
  NodeModel,
  SampleProgress,
  SampleRequest,
  SampleResult,
  StreamStep,
} from '../dist/index.js' with { 'resolution-mode': 'import' }
export declare const MixflowError: typeof sdk.MixflowError
export type MixflowError = sdk.MixflowError
export declare const NodeImage: typeof sdk.NodeImage
export type NodeImage = sdk.NodeImage
export declare const defaultCacheDir: typeof sdk.defaultCacheDir
export declare const deviceProblem: typeof sdk.deviceProblem
export declare const encodePng: typeof sdk.encodePng
export declare const loadModel: typeof sdk.loadModel
