/** Errors of the file system while writing, as typed errors. */

import { MixflowError, type MixflowErrorCode } from '@mixflow/core'

export interface DiskErrorOptions {
  /** Default: OUTPUT_DISK. */
  readonly code?: MixflowErrorCode
  /** The hint unless the disk is full. Default: choose a writable folder. */
  readonly hint?: string
  /** The hint if the disk is full. */
  readonly hintIfFull?: string
}

/** Returns a MixflowError for an error of the file system, and any other error unchanged. */
export function diskError(path: string, cause: unknown, options: DiskErrorOptions = {}): unknown {
  const { code, syscall } = cause as NodeJS.ErrnoException
  if (MixflowError.is(cause) || syscall === undefined) return cause
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  const { hint = 'choose a folder that you may write to', hintIfFull = 'free some space, or write to another disk' } =
    options
  return new MixflowError(
    options.code ?? 'OUTPUT_DISK',
    `${path} cannot be written: ${isFull ? 'the disk is full' : code}`,
    { hint: isFull ? hintIfFull : hint, details: { path, reason: code }, cause },
  )
}
