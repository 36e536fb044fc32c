import { OnnxBackendError } from '../errors.ts'

/** @throws OnnxBackendError RUNTIME_MISSING if onnxruntime-node cannot be loaded, as in a page */
export async function loadNodeRuntime() {
  try {
    return await import('#in-node')
  } catch (cause) {
    if (cause instanceof OnnxBackendError) throw cause
    throw new OnnxBackendError('RUNTIME_MISSING', 'onnxruntime-node could not be loaded', {
      hint: 'ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node@1.30.0 (linux, macOS and Windows on x64 and arm64)',
      cause,
    })
  }
}
