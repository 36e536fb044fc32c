/**
 * A folder of files named by their sha256. A file appears under its name only when whole (written aside, synced, renamed)
 * and is verified again whenever it is read: one that was damaged meanwhile is dropped, as if it had never been there.
 * Any number of processes may share the folder. Nothing is ever evicted; deleting the folder is safe at any time.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ManifestFile, MixflowError } from '@mixflow/core'

const blobPath = (folder: string, sha256: string) => join(folder, 'sha256', sha256.slice(0, 2), sha256)

/** The file's bytes, or undefined where the cache has no intact copy. */
export async function readBlob(folder: string, file: ManifestFile): Promise<Uint8Array | undefined> {
  const path = blobPath(folder, file.sha256)
  const bytes = await readFile(path).catch(() => undefined)
  if (bytes === undefined) return undefined
  if (bytes.length === file.bytes && createHash('sha256').update(bytes).digest('hex') === file.sha256) return bytes
  await rm(path, { force: true }).catch(() => {})
  return undefined
}

/** Keeps verified bytes. @throws MixflowError DOWNLOAD_DISK; nothing is left behind then. */
export async function writeBlob(folder: string, file: ManifestFile, bytes: Uint8Array): Promise<void> {
  const path = blobPath(folder, file.sha256)
  const aside = `${path}.${randomUUID()}.part`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeSynced(aside, bytes)
    await rename(aside, path)
  } catch (cause) {
    await rm(aside, { force: true }).catch(() => {})
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new MixflowError('DOWNLOAD_DISK', `cannot keep ${file.path} in the cache folder ${folder}: ${reason}`, {
      hint: 'make room or make it writable, or keep downloads elsewhere: MIXFLOW_CACHE, or in a program cacheDir (null keeps nothing)',
      details: { folder, path: file.path },
      cause,
    })
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'wx')
  await file.writeFile(bytes)
  await file.sync()
}
