/** Unpacks some of the files of a wheel, which is a zip archive. Names say where to; what they leave out is not unpacked. */

import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { MixflowError } from '@mixflow/core'
import { throwIfAborted } from '@mixflow/core/internal'
import { openPromise } from 'yauzl'

export interface UnpackOptions {
  /** The path below `into` for a file of the archive; null leaves it out. */
  readonly place: (name: string) => string | null
  readonly signal?: AbortSignal | undefined
}

/** @throws MixflowError SETUP_FAILED if the archive is damaged, ABORTED */
export async function unpackWheel(wheel: string, into: string, { place, signal }: UnpackOptions): Promise<void> {
  // names that would lead out of the folder are refused by yauzl itself
  const archive = await openPromise(wheel, { lazyEntries: true, autoClose: false }).catch(damaged(wheel))
  try {
    for await (const entry of archive.eachEntry()) {
      throwIfAborted(signal)
      const path = entry.fileName.endsWith('/') ? null : place(entry.fileName)
      if (path === null) continue
      const target = join(into, path)
      await mkdir(dirname(target), { recursive: true })
      // programs among the files (ptxas) are called by TensorFlow
      const mode = (entry.externalFileAttributes >>> 16) & 0o111 ? 0o755 : 0o644
      await pipeline(await archive.openReadStreamPromise(entry), createWriteStream(target, { mode })).catch(
        damaged(wheel),
      )
    }
  } finally {
    archive.close()
  }
}

const damaged =
  (wheel: string) =>
  (cause: unknown): never => {
    throw new MixflowError('SETUP_FAILED', `${wheel} could not be unpacked: ${cause}`, {
      hint: 'see that there is space on the disk, then try again',
      cause,
    })
  }
