/** All that needs Node, in one module: bundlers replace it by `not-in-page.ts` (see `imports` in package.json). */

export { InferenceSession, Tensor } from 'onnxruntime-node'
export { automatic, checkDevice } from './node-device.ts'
export { nativeOptions, onnxruntimeOn } from './onnxruntime-node.ts'
