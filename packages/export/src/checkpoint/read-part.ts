/**
 * One file of a checkpoint or run, read whole: a regular file of no more than the bytes that were announced, so that
 * neither a pipe nor a wrong disk image can hold up or fill the process.
 */

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { throwIfAborted } from '@mixflow/core/internal'
import { readFailure, readRegularFile } from '@mixflow/files'

export interface Part {
  readonly folder: string
  readonly name: string
  readonly maxBytes: number
}

/** @throws MixflowError CHECKPOINT_INVALID with `details.reason` `file-missing` or `file-size`; ABORTED. */
export async function readPart(
  { folder, name, maxBytes }: Part,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Uint8Array> {
  const path = join(folder, name)
  const refuse = (reason: string, what: string, cause?: unknown): never => {
    throw new MixflowError('CHECKPOINT_INVALID', `${path} ${what}`, {
      hint: 'the checkpoint was changed or cut short: use another one of the same run',
      details: { reason, path },
      cause,
    })
  }
  try {
    const info = await stat(path)
    if (info.size > maxBytes) return refuse('file-size', `has ${info.size} bytes; at most ${maxBytes} were expected`)
    return await readRegularFile(path, { signal })
  } catch (cause) {
    throwIfAborted(signal)
    if (MixflowError.is(cause) && cause.code !== 'FILE_INVALID') throw cause
    return refuse('file-missing', `cannot be read: ${readFailure(cause)}`, cause)
  }
}
