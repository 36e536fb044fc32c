export { OnnxBackend } from './backend.ts'
export { type Compiled, type CompileOptions, compile, type TensorRecord } from './compile.ts'
export { compileElementwise } from './compile-elementwise.ts'
export { errorCodes, OnnxBackendError, type OnnxErrorCode } from './errors.ts'
export { registerGradients } from './gradients/register.ts'
export type { RemoteArray } from './graph/value.ts'
export { cpuKernelNames, runOnCpuBackend, type ValueBackend } from './kernels/cpu.ts'
export { type ModelPort, type OpenModel, openModel } from './open-model.ts'
export type { Statistics } from './runtime/executor.ts'
export { type OnnxruntimeWeb, onnxruntimeWeb, type WebRuntimeOptions } from './runtime/onnxruntime-web.ts'
export type {
  Device,
  QueuedSession,
  Runtime,
  RuntimeArray,
  RuntimePort,
  RuntimeSession,
  SessionOptions,
} from './runtime/runtime.ts'
export { type Dims, type InputSpec, type TraceOptions, type TraceResult, trace } from './trace.ts'
export { backendName, type OnnxBackendOptions, useOnnxBackend } from './use-onnx-backend.ts'
