/** The error type of this package: a stable `code`, a message that names what failed, and a hint that says what to do. */

export const errorCodes = {
  OPTION_INVALID: 'an option is unknown or has an invalid value',
  LIBRARY_MISSING: 'libtorch was not found',
  LIBRARY_UNSUPPORTED: 'libtorch was found but cannot be used: wrong version, missing symbol, or it failed to load',
  DEVICE_MISSING: 'the requested device is not available',
  KERNEL_INVALID: 'a kernel was called with attributes, shapes or types that it does not accept',
  OPERATOR_FAILED: 'libtorch reported an error',
} as const satisfies Record<string, string>

export type TorchErrorCode = keyof typeof errorCodes

/** Every error of this package: the meaning of a `code` never changes; `hint` says what to do. */
export class TorchBackendError extends Error {
  readonly code: TorchErrorCode
  readonly hint: string | undefined

  constructor(code: TorchErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    const text = options.hint === undefined ? message : `${message}\n  ${options.hint}`
    super(text, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = `TorchBackendError [${code}]`
    this.code = code
    this.hint = options.hint
  }
}
