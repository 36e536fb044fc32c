/** Writes files atomically: under a temporary name, synced to the disk, then renamed. The process may be killed at any moment. */

import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type DiskErrorOptions, diskError } from './disk-error.ts'
import { makeFolder } from './make-folder.ts'
import { discard, removeLeftoversOnce, temporaryPath } from './temporary.ts'

/** Bytes or text, in one or several pieces, or a function that generates them when the file is written. */
export type FileContent = Uint8Array | string | readonly Uint8Array[] | (() => AsyncIterable<Uint8Array>)

export interface WriteOptions extends DiskErrorOptions {
  /** Whether the file survives a power failure once it is written. Default: true. False is faster for many files. */
  readonly sync?: boolean
}

/**
 * Writes or replaces a file. Creates its folder if it is missing.
 *
 * @throws MixflowError OUTPUT_DISK, or the code that the options name; nothing is left behind then
 */
export async function writeFileDurably(
  path: string,
  content: FileContent,
  { sync = true, ...options }: WriteOptions = {},
): Promise<void> {
  const temporary = temporaryPath(path)
  try {
    await makeFolder(dirname(path), options)
    await removeLeftoversOnce(dirname(path))
    await writeNew(temporary, content, sync)
    await rename(temporary, path)
    if (sync) await syncFolder(dirname(path))
  } catch (error) {
    await discard(temporary)
    throw diskError(path, error, options)
  }
}

/** Writes a new file. System errors pass. @param sync whether to wait until it is on the disk */
export async function writeNew(path: string, content: FileContent, sync = true): Promise<void> {
  const file = await open(path, 'wx')
  try {
    if (typeof content === 'string' || content instanceof Uint8Array) await file.writeFile(content)
    else for await (const piece of typeof content === 'function' ? content() : content) await file.writeFile(piece)
    if (sync) await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes a rename survive a power failure, on platforms where folders can be synced. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r')
    await folder.sync().finally(() => folder.close())
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EINVAL', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
