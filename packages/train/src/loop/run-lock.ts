/**
 * One process trains a run at a time: `run.lock` in its folder names the process while it does. A lock whose process has
 * ended (it was killed) counts for nothing; what cannot be known, a process of another machine, is taken to have ended.
 */

import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { MixflowError } from '@mixflow/core'
import { diskError, makeFolder } from '../checkpoint/write-durably.ts'

/** Folders that this process has locked. */
const held = new Set<string>()

/**
 * Locks the run in a folder; the result gives it back. The folder of a new run is made.
 *
 * @throws MixflowError TRAIN_BUSY if another process trains it, or another call in this one; OUTPUT_DISK
 */
export async function lockRun({
  folder,
  resume = false,
}: {
  readonly folder: string
  readonly resume?: boolean
}): Promise<() => Promise<void>> {
  if (resume && !existsSync(folder)) return async () => {} // there is no run: resuming it will say so
  await makeFolder(folder)
  const path = resolve(folder, 'run.lock')
  if (held.has(path)) throw busy(folder, process.pid)
  held.add(path)
  try {
    while (!(await create(path))) {
      const owner = await ownerOf(path)
      if (owner !== null) throw busy(folder, owner)
      await rm(path, { force: true })
    }
  } catch (error) {
    held.delete(path)
    throw error
  }
  return async () => {
    await rm(path, { force: true }).catch(() => {})
    held.delete(path)
  }
}

async function create(path: string): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw diskError(path, error)
  }
}

/** The process of the lock, if it goes on; null for one that has ended. */
async function ownerOf(path: string): Promise<number | null> {
  try {
    const { pid, host } = JSON.parse(await readFile(path, 'utf8')) as { pid: unknown; host: unknown }
    if (host !== hostname() || !Number.isInteger(pid) || pid === process.pid) return null
    process.kill(pid as number, 0)
    return pid as number
  } catch (error) {
    // of somebody else, and alive
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return Number.NaN
    return null
  }
}

function busy(folder: string, pid: number): MixflowError {
  const who = Number.isNaN(pid) ? 'a process of another user' : `process ${pid}`
  return new MixflowError('TRAIN_BUSY', `${folder} is being trained by ${who}`, {
    hint: `wait for its end, or train into another folder; if no such training goes on, remove ${join(folder, 'run.lock')}`,
    details: { folder, pid },
  })
}
