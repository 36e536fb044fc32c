/** The error type of this package, which depends on no other package of the workspace. */

export const errorCodes = {
  OPTION_INVALID: 'an option is unknown or has an invalid value',
  KERNEL_UNSUPPORTED: 'a recorded function uses a kernel that ONNX cannot express',
  KERNEL_INVALID: 'a kernel was called with invalid attributes or shapes',
  TRACE_INVALID: 'a function cannot be recorded as one ONNX graph',
  READ_SYNC: 'a value was read synchronously from an asynchronous runtime',
  RUNTIME_FAILED: 'ONNX Runtime rejected or failed to run a recorded graph',
  RUNTIME_MISSING: 'ONNX Runtime or the requested device is not available',
} as const satisfies Record<string, string>

export type OnnxErrorCode = keyof typeof errorCodes

/** `code` is stable, `hint` says what to do. */
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
