/**
 * Files and folders that are either there in full or not at all: written under a temporary name beside their place,
 * synced to the disk, then renamed. A process may be killed at any moment in between.
 */

import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Prefix of temporary names; what carries it is nobody's and may be removed. */
export const temporaryPrefix = '.tmp-'

const temporaryName = (path: string): string =>
  join(dirname(path), `${temporaryPrefix}${process.pid}-${basename(path)}`)

/** One or more pieces of bytes as a file. */
export async function writeFileDurably(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const temporary = temporaryName(path)
  await writeSynced(temporary, pieces)
  await rename(temporary, path)
  await syncFolder(dirname(path))
}

/** A folder with these files. It must not exist yet. */
export async function writeFolderDurably(
  path: string,
  files: ReadonlyMap<string, readonly Uint8Array[]>,
): Promise<void> {
  const temporary = temporaryName(path)
  await rm(temporary, { recursive: true, force: true })
  await mkdir(temporary, { recursive: true })
  try {
    for (const [name, pieces] of files) await writeSynced(join(temporary, name), pieces)
    await syncFolder(temporary)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

async function writeSynced(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (const piece of pieces) await file.writeFile(piece)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes a rename survive a power cut; not every platform lets a folder be opened for it. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r')
    await folder.sync().finally(() => folder.close())
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EINVAL', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
