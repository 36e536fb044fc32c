/**
 * Files and folders that are either there in full or not at all: written under a temporary name beside their place,
 * synced to the disk, then renamed. A process may be killed at any moment in between. What the disk refuses is
 * OUTPUT_DISK, and leaves nothing behind.
 */

import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { MixflowError } from '@mixflow/core'

/** Prefix of temporary names; what carries it is nobody's and may be removed. */
export const temporaryPrefix = '.tmp-'

const temporaryName = (path: string): string =>
  join(dirname(path), `${temporaryPrefix}${process.pid}-${basename(path)}`)

/** One or more pieces of bytes as a file. */
export async function writeFileDurably(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const temporary = temporaryName(path)
  try {
    await writeSynced(temporary, pieces)
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await discard(temporary)
    throw diskError(path, error)
  }
}

/** A folder with these files, in the place of one that is there. */
export async function writeFolderDurably(
  path: string,
  files: ReadonlyMap<string, readonly Uint8Array[]>,
): Promise<void> {
  const temporary = temporaryName(path)
  const old = `${temporary}-old`
  await discard(temporary)
  try {
    await makeFolder(temporary)
    for (const [name, pieces] of files) await writeSynced(join(temporary, name), pieces)
    await syncFolder(temporary)
    await rename(path, old).catch(ignoreAbsent)
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await discard(temporary)
    throw diskError(path, error)
  }
  await discard(old)
}

/** A folder and those above it, as far as they are not there. (`recursive` of `mkdir` never ends on some file systems.) */
export async function makeFolder(path: string): Promise<void> {
  if ((await stat(path).catch(() => null))?.isDirectory()) return
  try {
    if (dirname(path) !== path) await makeFolder(dirname(path))
    await mkdir(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !(await stat(path)).isDirectory()) {
      throw diskError(path, error)
    }
  }
}

/** OUTPUT_DISK for an error of the file system; anything else is given back as it is. */
export function diskError(path: string, cause: unknown): unknown {
  const { code, syscall } = cause as NodeJS.ErrnoException
  if (MixflowError.is(cause) || syscall === undefined) return cause
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  return new MixflowError('OUTPUT_DISK', `${path} cannot be written: ${isFull ? 'the disk is full' : code}`, {
    hint: isFull ? 'free some space, or write to another disk' : 'choose a folder that you may write to',
    details: { path, reason: code },
    cause,
  })
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

const discard = (path: string): Promise<void> => rm(path, { recursive: true, force: true }).catch(() => {})

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
