/**
 * A folder that is there in full or not at all: written under a temporary name beside its place, synced, renamed. What
 * it replaces is moved aside first and put back if anything fails. A killed process can leave a temporary folder, never
 * a part of the real one; the next export to the same place clears away what dead processes left.
 */

import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { throwIfAborted } from '@mixflow/core'
import { diskError, errorWord } from './disk-error.ts'
import { checkReplaceable } from './replaceable.ts'

/** Bytes, or pieces of them that are made when it is their file's turn. */
export type Content = Uint8Array | (() => AsyncIterable<Uint8Array>)

export interface FolderToWrite {
  /** As `placeOf` gives it. */
  readonly path: string
  /** File name (with `/` for folders in it) -> content, in the order of writing. */
  readonly files: ReadonlyMap<string, Content>
  readonly overwrite: boolean
  readonly signal?: AbortSignal | undefined
  readonly onFile?: ((done: number) => void) | undefined
}

/** @throws MixflowError EXPORT_EXISTS, EXPORT_DISK, ABORTED; nothing is left behind then. */
export async function writeFolder(wanted: FolderToWrite): Promise<void> {
  const { path } = wanted
  const parent = dirname(path)
  const prefix = `.tmp-${basename(path)}-`
  const temporary = join(parent, `${prefix}${process.pid}-${randomBytes(4).toString('hex')}`)
  let firstMade: string | undefined
  try {
    firstMade = await mkdir(parent, { recursive: true })
    await mkdir(temporary)
    let done = 0
    for (const [name, content] of wanted.files) {
      throwIfAborted(wanted.signal)
      await mkdir(dirname(join(temporary, name)), { recursive: true })
      await writeSynced(join(temporary, name), content)
      wanted.onFile?.(++done)
    }
    for (const folder of new Set([...wanted.files.keys()].map(dirname))) await syncFolder(join(temporary, folder))
    throwIfAborted(wanted.signal)
    await moveIntoPlace(temporary, path, wanted)
    await removeLeftovers(parent, prefix)
  } catch (error) {
    await discard(temporary)
    if (firstMade !== undefined) await removeEmpty(parent, firstMade)
    throw diskError(path, error)
  }
}

async function moveIntoPlace(temporary: string, path: string, { overwrite }: FolderToWrite): Promise<void> {
  const replaces = await checkReplaceable(path, { overwrite })
  const old = `${temporary}-old`
  if (replaces) await rename(path, old)
  try {
    await rename(temporary, path)
  } catch (error) {
    if (replaces) await rename(old, path)
    else await checkReplaceable(path, { overwrite }) // somebody was faster: say that
    throw error
  }
  await syncFolder(dirname(path))
  await discard(old)
}

async function writeSynced(path: string, content: Content): Promise<void> {
  const file = await open(path, 'wx')
  try {
    if (typeof content === 'function') for await (const piece of content()) await file.writeFile(piece)
    else await file.writeFile(content)
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
    if (!['EISDIR', 'EPERM', 'EINVAL', 'EACCES'].includes(errorWord(error))) throw error
  }
}

/** Only clears up: what cannot be removed now, a later export removes. */
const discard = (path: string): Promise<void> => rm(path, { recursive: true, force: true }).catch(() => {})

/** Temporary folders of this name whose process is gone. */
async function removeLeftovers(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const process = name.startsWith(prefix) ? /^(\d+)-[0-9a-f]{8}(-old)?$/.exec(name.slice(prefix.length)) : null
    if (process !== null && !isAlive(Number(process[1]))) await discard(join(parent, name))
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return errorWord(error) !== 'ESRCH'
  }
}

/** Removes the folders made for this export, from `folder` up to `last`, as far as they are empty. */
async function removeEmpty(folder: string, last: string): Promise<void> {
  try {
    for (let path = folder; path.length >= last.length; path = dirname(path)) await rmdir(path)
  } catch {
    // somebody put something there meanwhile
  }
}
