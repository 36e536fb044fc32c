/**
 * Makes a folder whole or not at all: in a folder beside it, which takes its name when everything is done; one process at a time. What a
 * process that was killed left behind is cleared away by the next.
 */

import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { lockFile } from '@mixflow/files'

export interface MakeOptions<T> {
  readonly signal?: AbortSignal | undefined
  readonly onWait: () => void
  /** Looks at what may be there already; null has it made (anew). */
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
