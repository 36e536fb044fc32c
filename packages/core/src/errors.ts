/**
 * One error type for everything a user can get wrong or meet at a border: a stable `code` to switch on, a message that
 * says what failed with which value, and a hint that says what to do next.
 *
 * `MixflowError.is` works across duplicate copies of this package (a marker, not `instanceof`).
 */

import { printableName } from './util/text.ts'

/** Every code there is, with what it means. A code never changes its meaning; new ones are added at the end of a group. */
export const errorCodes = {
  // arguments and requests
  ARGUMENT_INVALID: 'a function was called with a value outside its documented range, shape or type',
  REQUEST_INVALID: 'a sampling request has an unknown, contradictory or out-of-range option',
  ABORTED: 'the caller aborted the operation through its AbortSignal',
  SOLVER_FAILED:
    'an adaptive solver could not reach its end: a velocity not finite, steps too small, too many evaluations',
  // configuration and training
  CONFIG_UNKNOWN_PRESET: 'no preset has this name',
  CONFIG_UNKNOWN_KEY: 'a training configuration has no such setting',
  CONFIG_INVALID: 'a setting has a value that it may not have, or contradicts another',
  TRAIN_DIVERGED: 'the loss or its gradient is no finite number any more',
  TRAIN_RESUME_MISMATCH: 'a run cannot go on with this configuration, data or folder',
  TRAIN_BUSY: 'another process is training into the same folder',
  // file formats
  FILE_INVALID: 'a path given to be read is no regular file: a folder, named pipe, device or socket',
  SAFETENSORS_INVALID: 'the bytes are not a well-formed safetensors file',
  CHECKPOINT_INVALID: 'the folder or file is not a complete, consistent checkpoint',
  MANIFEST_INVALID: 'mixflow.json does not follow the manifest format',
  CHECKPOINT_UNSAFE: 'a checkpoint from elsewhere asks for more than data: it was refused, and nothing of it was run',
  // export
  CHECKPOINT_NOT_FOUND: 'the path given as a checkpoint or run does not exist or holds no checkpoint',
  EXPORT_PARITY: 'an exported graph differs from the trained network by more than the limit',
  EXPORT_EXISTS: 'the folder to export into is there already and may not be replaced',
  EXPORT_DISK: 'an exported model could not be written: disk full, read-only or forbidden',
  // data sets and downloads
  DATA_UNKNOWN: 'no data set has this name',
  DATA_NOT_FOUND: 'the path given as a data set does not exist, or holds nothing that can be read as one',
  DATA_INVALID: 'a data file or folder does not follow its format, or is damaged',
  PACKAGE_MISSING: 'an optional npm package that the operation needs is not installed',
  DOWNLOAD_NOT_FOUND: 'the server says that the file is not there (404 or 410)',
  DOWNLOAD_REFUSED: 'the server answered with an error status other than not found',
  DOWNLOAD_NOT_A_FILE: 'the server sent a web page where a file was expected',
  DOWNLOAD_SIZE_MISMATCH: 'the file on the server has not the expected number of bytes',
  DOWNLOAD_HASH_MISMATCH: 'a complete download has not the expected sha256',
  DOWNLOAD_OFFLINE: 'no connection to the server could be made',
  DOWNLOAD_INTERRUPTED: 'the connection broke or fell silent before the end, and retries did not help',
  DOWNLOAD_CROSS_ORIGIN: 'the server does not let pages of this origin read the file',
  DOWNLOAD_REDIRECTED: 'the server sends on to another address, which is in a circle or cannot be reached',
  DOWNLOAD_DISK: 'the downloaded bytes could not be written: disk full, read-only or forbidden',
  DOWNLOAD_FAILED: 'every address failed',
  // models and sampling
  MODEL_NOT_FOUND: 'the path or address given as a model holds no mixflow.json',
  MODEL_HASH_MISMATCH: 'a file of a model is not the one that its manifest describes: changed, cut short or replaced',
  MODEL_INVALID: 'a file of a model has the right bytes, but the runtime cannot use it as the manifest says',
  MODEL_OUTPUT_INVALID: 'a network of a model gave numbers that are not finite',
  MODEL_DISPOSED: 'a model was used after its dispose()',
  DEVICE_UNAVAILABLE: 'the device that was asked for cannot be used here',
  DEVICE_LOST: 'the GPU, or the worker that a model ran in, was lost while it worked',
  CONTEXT_INSECURE: 'the page is not a secure context (https or localhost), so that no file can be verified in it',
  MODEL_UNKNOWN: 'no model has this name',
  RUNTIME_UNSUPPORTED: 'the JavaScript runtime, such as an edge runtime, cannot do what was asked for',
  // numbers to compare with
  VERIFY_NOT_FOUND: 'the folder given to verify does not exist, or holds no reference numbers',
  VERIFY_INVALID: 'reference numbers are damaged, incomplete, or ask for what is not known here',
  VERIFY_FAILED: 'something computed here differs from its reference numbers by more than the tolerance',
  // measuring
  EXTRACTOR_NOT_FOUND: 'no feature extractor has this name, and none is at this path or address',
  EXTRACTOR_INVALID: 'a feature extractor is damaged, or its description does not fit its network',
  STATISTICS_INVALID:
    'stored statistics of features are damaged, or are of other images, another extractor or other steps',
  WORKER_FAILED: 'a process or thread that was started to share the work ended before its part was done',
  // serving over HTTP
  HTTP_INVALID: 'a request to a server has a path, method, size or media type that it does not take',
  SERVER_REFUSED: 'the Host or Origin of a request is not among those that the server accepts',
  SERVER_BUSY: 'a server has as many images to make as it may queue',
  SERVER_TIMEOUT: 'a request to a server was not done within the time that it may take',
  SERVER_STOPPING: 'a server is about to end and takes no more requests',
  SERVER_FAILED: 'a server failed in a way that it should not; its log says how',
  SERVER_ADDRESS: 'a server cannot listen on the address that was asked for',
  // setting up what is not in the npm packages
  SETUP_UNSUPPORTED: 'what should be set up is not for this system',
  SETUP_TOOL_MISSING: 'setting up needs a program of the system that is not there',
  SETUP_FAILED: 'what was set up could not be built, or did not work when tested; it was removed',
  OUTPUT_EXISTS: 'something of another kind is where a result should be written',
  OUTPUT_DISK: 'a run or an image could not be written: disk full, read-only or forbidden',
} as const satisfies Record<string, string>

export type MixflowErrorCode = keyof typeof errorCodes

const marker = Symbol.for('mixflow.error')

export interface MixflowErrorOptions {
  /**
   * What to do next, shown below the message: one line, or several. Line breaks, control and bidirectional characters inside a line, as
   * names of files may have them, are escaped.
   */
  readonly hint?: string | readonly string[]
  /** Machine-readable facts: the offending value, the expected one, a path, an address. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/** Every error of ours: what failed and with which value; `code` never changes its meaning, `hint` says what to do. */
export class MixflowError extends Error {
  readonly code: MixflowErrorCode
  readonly hint: string | undefined
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: MixflowErrorCode, message: string, options: MixflowErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'MixflowError'
    this.code = code
    this.hint = options.hint === undefined ? undefined : [options.hint].flat().map(printableName).join('\n')
    this.details = options.details ?? {}
    Object.defineProperty(this, marker, { value: true })
  }

  static is(value: unknown): value is MixflowError {
    return typeof value === 'object' && value !== null && marker in value
  }

  /** The form shown to people: code, message, and the hint on lines of its own. */
  override toString(): string {
    const hint = this.hint === undefined ? '' : `\n  ${this.hint.split('\n').join('\n  ')}`
    return `MixflowError [${this.code}]: ${this.message}${hint}`
  }
}

/** Throws ABORTED, with the signal's reason as cause, where the signal says so. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal)
}

export const abortError = ({ reason }: AbortSignal): MixflowError =>
  new MixflowError('ABORTED', 'the operation was aborted', { cause: reason })

/** What the promise gives, or ABORTED as soon as the signal says so; what the promise is of goes on. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const aborted = () => reject(abortError(signal))
    if (signal.aborted) aborted()
    signal.addEventListener('abort', aborted, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted))
  })
}
