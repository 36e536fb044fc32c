/** Replaces `in-node.ts` in pages (see `imports` in package.json). */

import { OnnxBackendError } from '../errors.ts'

throw new OnnxBackendError('RUNTIME_MISSING', 'onnxruntime-node does not run in a page', {
  hint: "import * as ort from 'onnxruntime-web/webgpu', then useOnnxBackend({ runtime: await onnxruntimeWeb(ort) })",
})
