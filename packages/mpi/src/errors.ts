/** The error type of this package: a stable `code`, a message that names what failed, and a hint that says what to do. */

export const errorCodes = {
  OPTION_INVALID: 'an option is unknown or has an invalid value',
  ARGUMENT_INVALID: 'an argument of a collective operation has the wrong type or range',
  LIBRARY_MISSING: 'no MPI library was found',
  LIBRARY_UNSUPPORTED:
    'an MPI library was found but cannot be used: it failed to load, lacks a function, or computes wrongly',
  LIBRARY_MISMATCH: 'the process was started by the launcher of one MPI and found the library of another',
  RANK_ALONE: 'the process is the only rank, although it was started as one of several or by no launcher',
  CALLS_DIFFER: 'the ranks called different operations, or the same with different arguments',
  STATE_INVALID: 'the process initialized MPI twice, or used it after it was finalized',
  CALL_FAILED: 'a function of the MPI library reported an error',
} as const satisfies Record<string, string>

export type MpiErrorCode = keyof typeof errorCodes

/** Every error of this package: the meaning of a `code` never changes; `hint` says what to do. */
export class MpiError extends Error {
  readonly code: MpiErrorCode
  readonly hint: string | undefined

  constructor(code: MpiErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    const text = options.hint === undefined ? message : `${message}\n  ${options.hint}`
    super(text, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = `MpiError [${code}]`
    this.code = code
    this.hint = options.hint
  }
}
