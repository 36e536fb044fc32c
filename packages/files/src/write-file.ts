/**
 * A file that is there in full or not at all: written under a temporary name beside its path, synced to the disk, then
 * renamed. A process may be killed at any moment in between.
 */

import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type DiskErrorOptions, diskError } from './disk-error.ts'
import { makeFolder } from './make-folder.ts'
import { discard, removeLeftoversOnce, temporaryPath } from './temporary.ts'

/** Bytes or text; pieces of it; or pieces that are made when it is the file's turn. */
export type FileContent = Uint8Array | string | readonly Uint8Array[] | (() => AsyncIterable<Uint8Array>)

export interface WriteOptions extends DiskErrorOptions {
  /** Whether the file survives a power cut once it is written. Default: true. False is quicker, for one of many files. */
  readonly sync?: boolean
}

/**
 * Writes a file, in place of one that is there. Its folder is made if it is missing.
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

/** Writes a new file. System errors pass. @param sync whether it is on the disk before this returns */
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

/** Makes a rename survive a power cut; not every platform lets a folder be opened for it. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r')
    await folder.sync().finally(() => folder.close())
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EINVAL', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
