export { type Manifest, MixflowError, type SampleProgress, type SampleRequest, type SampleResult } from '@mixflow/core'
export { encodePng } from './encode-png.ts'
export { defaultCacheDir, type LoadModelOptions, type LoadProgress, loadModel } from './load-model.ts'
export { NodeImage, type NodeModel } from './node-model.ts'
