/**
 * The one error type of this package: a stable `code`, a message that names what failed, and a hint that says what to
 * do next. (This package depends on no other of the workspace, so the type is its own.)
 */

export const errorCodes = {
  OPTION_INVALID: 'an option is unknown, or has a value that it may not have',
  KERNEL_UNSUPPORTED: 'a function that is being recorded needs a kernel that ONNX cannot express',
  KERNEL_INVALID: 'a kernel was called with attributes or shapes that it does not accept',
  TRACE_INVALID: 'the function given to trace() cannot become one ONNX graph',
  READ_SYNC: 'a value was to be read at once from a runtime that can only be waited for',
  RUNTIME_FAILED: 'ONNX Runtime refused or failed to run a recorded graph',
  RUNTIME_MISSING: 'ONNX Runtime or the asked device is not available here',
} as const satisfies Record<string, string>

export type OnnxErrorCode = keyof typeof errorCodes

/** Every error of this package: `code` never changes its meaning, `hint` says what to do. */
export class OnnxBackendError extends Error {
  readonly code: OnnxErrorCode
  readonly hint: string | undefined

  constructor(code: OnnxErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    const text = options.hint === undefined ? message : `${message}\n  ${options.hint}`
    super(text, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = `OnnxBackendError [${code}]`
    this.code = code
    this.hint = options.hint
  }
}
