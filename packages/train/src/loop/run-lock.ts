/** One process trains a run at a time: `run.lock` in its folder names the process while it does. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { diskError, type LockOptions, makeFolder, tryLockFile } from '@mixflow/files'

export interface RunLockOptions extends Pick<LockOptions, 'onWait' | 'beatMs' | 'deadAfterMs'> {
  readonly folder: string
  readonly resume?: boolean
}

/**
 * Locks the run in a folder, and returns a function that unlocks it. Makes the folder of a new run. A lock whose process has ended
 * is taken over; one of another machine once it has not been touched for 15 seconds.
 *
 * @throws MixflowError TRAIN_BUSY if another process trains it, or another call in this one; OUTPUT_DISK
 */
export async function lockRun({ folder, resume = false, ...options }: RunLockOptions): Promise<() => Promise<void>> {
  if (resume && !existsSync(folder)) return async () => {} // there is no run: resuming it will say so
  await makeFolder(folder)
  const path = join(folder, 'run.lock')
  const lock = await tryLockFile(path, options).catch(error => {
    throw diskError(path, error)
  })
  if ('release' in lock) return () => lock.release()
  const { pid, host } = lock.owner
  throw new MixflowError('TRAIN_BUSY', `${folder} is being trained by process ${pid} on ${host}`, {
    hint: `wait for its end, or train into another folder; if no such training goes on, remove ${path}`,
    details: { folder, pid, host },
  })
}
