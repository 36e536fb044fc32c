/** Everything that requires Node. Bundlers replace this module by `not-in-page.ts` (see `imports` in package.json). */

export { InferenceSession, Tensor } from 'onnxruntime-node'
export { automatic, checkDevice } from './node-device.ts'
export { nativeOptions, onnxruntimeOn } from './onnxruntime-node.ts'
