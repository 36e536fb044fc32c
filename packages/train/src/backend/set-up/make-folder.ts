/**
 * Creates a folder atomically: in a staging folder, which is renamed at the end. One process at a time; leftovers of a killed
 * process are removed by the next.
 */

import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { lockFile } from '@mixflow/files'

interface MakeOptions<T> {
  readonly signal?: AbortSignal | undefined
  readonly onWait: () => void
  /** Checks an existing folder; null makes it (again). */
  readonly find: () => Promise<T | null>
  readonly make: (staging: string) => Promise<T>
}

export async function makeFolder<T>(
  folder: string,
  { signal, onWait, find, make }: MakeOptions<T>,
): Promise<{ readonly result: T; readonly outcome: 'made' | 'found' }> {
  await mkdir(dirname(folder), { recursive: true })
  const lock = await lockFile(`${folder}.lock`, { signal, onWait })
  const staging = `${folder}.part`
  try {
    const found = await find()
    if (found !== null) return { result: found, outcome: 'found' }
    await rm(staging, { recursive: true, force: true })
    await mkdir(staging)
    const result = await make(staging)
    await rm(folder, { recursive: true, force: true })
    await rename(staging, folder)
    return { result, outcome: 'made' }
  } finally {
    await rm(staging, { recursive: true, force: true })
    await lock.release()
  }
}
