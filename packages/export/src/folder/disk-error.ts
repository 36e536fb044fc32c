/** What the file system refuses, as an error of the exporter. */

import { MixflowError } from '@mixflow/core'

export const errorWord = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)

/** EXPORT_DISK for an error of the file system; anything else is given back as it is. */
export function diskError(path: string, cause: unknown): unknown {
  if ((cause as NodeJS.ErrnoException | null)?.syscall === undefined) return cause
  return new MixflowError('EXPORT_DISK', `cannot write ${path}: ${errorWord(cause)}`, {
    hint: 'export to a folder that you may write to, on a disk with room for it',
    details: { path, reason: errorWord(cause) },
    cause,
  })
}
