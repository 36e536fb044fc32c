/** Makes a folder. (`recursive` of Node's `mkdir` never ends on some file systems, such as /proc.) */

import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type DiskErrorOptions, diskError } from './disk-error.ts'

/**
 * Makes a folder and those above it, as far as they are missing. Returns the topmost folder that it made, or null.
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
