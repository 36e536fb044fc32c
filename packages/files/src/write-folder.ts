/**
 * Writes folders atomically: under a temporary name, synced, then renamed. A folder that is replaced is moved aside first, and
 * restored if anything fails.
 */

import { mkdir, rename, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type DiskErrorOptions, diskError } from './disk-error.ts'
import { makeFolder } from './make-folder.ts'
import { discard, oldPath, removeLeftovers, temporaryPath } from './temporary.ts'
import { type FileContent, syncFolder, writeNew } from './write-file.ts'

export interface FolderOptions extends DiskErrorOptions {
  /**
   * Returns whether there is a folder to replace, or throws to keep it. Called once everything is written, and again if the path
   * appeared meanwhile. Default: an existing folder is replaced.
   */
  readonly mayReplace?: (() => Promise<boolean>) | undefined
  /** Called after each file; if it throws, writing stops. */
  readonly onFile?: ((done: number) => void) | undefined
}

/**
 * Writes a folder. Creates its parents if they are missing.
 *
 * @param files name (with `/` for subfolders) -> content, in the order of writing
 * @throws MixflowError OUTPUT_DISK, or the code that the options name; what `mayReplace` and `onFile` throw. Nothing is left behind then.
 */
export async function writeFolderDurably(
  path: string,
  files: ReadonlyMap<string, FileContent>,
  options: FolderOptions = {},
): Promise<void> {
  const parent = dirname(path)
  const temporary = temporaryPath(path)
  let firstMade: string | null = null
  try {
    firstMade = await makeFolder(parent, options)
    await mkdir(temporary)
    let done = 0
    for (const [name, content] of files) {
      await mkdir(dirname(join(temporary, name)), { recursive: true })
      await writeNew(join(temporary, name), content)
      options.onFile?.(++done)
    }
    for (const folder of new Set([...files.keys()].map(dirname))) await syncFolder(join(temporary, folder))
    await moveIntoPlace(temporary, path, options)
    await removeLeftovers(parent)
  } catch (error) {
    await discard(temporary)
    if (firstMade !== null) await removeEmpty(parent, firstMade)
    throw diskError(path, error, options)
  }
}

async function moveIntoPlace(temporary: string, path: string, { mayReplace }: FolderOptions): Promise<void> {
  const old = oldPath(temporary)
  const replaces = (mayReplace === undefined || (await mayReplace())) && (await moveAside(path, old))
  try {
    await rename(temporary, path)
  } catch (error) {
    if (replaces) await rename(old, path)
    else await mayReplace?.() // another process was faster: report that
    throw error
  }
  await syncFolder(dirname(path))
  await discard(old)
}

async function moveAside(path: string, old: string): Promise<boolean> {
  try {
    await rename(path, old)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** Removes the parents that were created, from `folder` up to `last`, as far as they are empty. */
async function removeEmpty(folder: string, last: string): Promise<void> {
  try {
    for (let path = folder; path.length >= last.length; path = dirname(path)) await rmdir(path)
  } catch {
    // no longer empty
  }
}
