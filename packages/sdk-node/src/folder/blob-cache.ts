/**
 * A folder of files named by their sha256, as a cache of downloads. A file appears under its name only when whole (written
 * aside, synced, renamed). Any number of processes may share the folder. Nothing is ever evicted; deleting the folder is
 * safe at any time.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MixflowError, type ModelCache } from '@mixflow/core'

export function blobCache(folder: string): ModelCache {
  const pathOf = (key: string) => join(folder, 'sha256', key.slice(0, 2), key)
  return {
    match: key => readFile(pathOf(key)).catch(() => undefined),
    put: (key, bytes) => writeWhole(pathOf(key), bytes, folder),
    delete: key => rm(pathOf(key), { force: true }).catch(() => {}),
  }
}

/** @throws MixflowError DOWNLOAD_DISK; nothing is left behind then. */
async function writeWhole(path: string, bytes: Uint8Array, folder: string): Promise<void> {
  const aside = `${path}.${randomUUID()}.part`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeSynced(aside, bytes)
    await rename(aside, path)
  } catch (cause) {
    await rm(aside, { force: true }).catch(() => {})
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new MixflowError('DOWNLOAD_DISK', `cannot keep a model in the cache folder ${folder}: ${reason}`, {
      hint: 'make room or make it writable, or keep downloads elsewhere: MIXFLOW_CACHE, or in a program cacheDir (null keeps nothing)',
      details: { folder },
      cause,
    })
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'wx')
  await file.writeFile(bytes)
  await file.sync()
}
