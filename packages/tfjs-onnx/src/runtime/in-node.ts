/** All that needs Node, in one module: bundlers put `not-in-page.ts` in its place (see `imports` in package.json). */

export { InferenceSession, Tensor } from 'onnxruntime-node'
export { automatic, checkDevice } from './node-device.ts'
export { nativeOptions, onnxruntimeOn } from './onnxruntime-node.ts'
