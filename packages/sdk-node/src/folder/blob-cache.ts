/**
 * A folder of files named by their sha256, as a cache of downloads. A file appears under its name only when whole (written
 * aside, synced, renamed). Any number of processes may share the folder. Nothing is ever evicted; deleting the folder is
 * safe at any time.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ModelCache } from '@mixflow/core'
import { readRegularFile, writeFileDurably } from '@mixflow/files'

const disk = {
  code: 'DOWNLOAD_DISK',
  hint: 'choose a folder that you may write to: MIXFLOW_CACHE, or in a program cacheDir (null keeps nothing)',
  hintIfFull:
    'free some space, or keep downloads on another disk: MIXFLOW_CACHE, or in a program cacheDir (null keeps nothing)',
} as const

/** @throws MixflowError DOWNLOAD_DISK, from `put` */
export function blobCache(folder: string): ModelCache {
  const pathOf = (key: string) => join(folder, 'sha256', key.slice(0, 2), key)
  return {
    match: key => readRegularFile(pathOf(key)).catch(() => undefined),
    put: (key, bytes) => writeFileDurably(pathOf(key), bytes, disk),
    delete: key => rm(pathOf(key), { force: true }).catch(() => {}),
  }
}
