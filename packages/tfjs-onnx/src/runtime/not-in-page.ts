/** Stands in for what needs Node where a bundler makes a page (see `imports` in package.json): it only says what to do. */

import { OnnxBackendError } from '../errors.ts'

throw new OnnxBackendError('RUNTIME_MISSING', 'onnxruntime-node is for Node, and this is a page', {
  hint: "import * as ort from 'onnxruntime-web/webgpu', then useOnnxBackend({ runtime: await onnxruntimeWeb(ort) })",
})
