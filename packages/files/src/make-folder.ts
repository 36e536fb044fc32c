/** Creates folders. (Node's `mkdir` with `recursive` never ends on some file systems, such as /proc.) */

import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type DiskErrorOptions, diskError } from './disk-error.ts'

/**
 * Creates a folder and its missing parents. Returns the topmost folder that it created, or null.
 *
 * @throws MixflowError OUTPUT_DISK, or the code that the options name
 */
export async function makeFolder(path: string, options?: DiskErrorOptions): Promise<string | null> {
  if ((await stat(path).catch(() => null))?.isDirectory()) return null
  try {
    const above = dirname(path) === path ? null : await makeFolder(dirname(path), options)
    await mkdir(path)
    return above ?? path
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await stat(path)).isDirectory()) return null
    throw diskError(path, error, options)
  }
}
