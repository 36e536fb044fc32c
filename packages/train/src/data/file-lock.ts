/**
 * A lock between processes: a file that only one of them can create, naming its owner and touched while in use.
 *
 * A lock is dead if its owner's process is gone (seen on the same host), or if it has not been touched for a while as
 * measured by whoever waits, so that clocks that differ do no harm. Of all who see the same dead lock only one may
 * remove it: the one that can create a second file named after exactly that lock. What it leaves out: an owner that was
 * suspended, not ended, may wake up to find its lock gone.
 */
import { createHash, randomUUID } from 'node:crypto'
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { throwIfAborted } from './abort.ts'

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once if somebody else has the lock. */
  readonly onWait?: () => void
  /** How often the owner touches the file, and waiters look, in ms; 500 unless said. */
  readonly beatMs?: number
  /** Untouched for so long, a lock is dead, in ms; 30 beats unless said. */
  readonly deadAfterMs?: number
}

export interface FileLock {
  /** Gives the lock back; never throws. */
  release(): Promise<void>
}

/** @throws MixflowError ABORTED if the signal ends the wait; system errors (a folder without write permission) pass */
export async function lockFile(path: string, options: LockOptions = {}): Promise<FileLock> {
  const { signal, onWait, beatMs = 500, deadAfterMs = 30 * beatMs } = options
  const me = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() })
  let seen: { readonly state: string; readonly since: number } | undefined
  while (!(await create(path, me))) {
    throwIfAborted(signal, `waiting for ${path}`)
    const now = await look(path)
    if (!now) continue
    if (!seen) onWait?.()
    if (now.state !== seen?.state) seen = { state: now.state, since: performance.now() }
    const age = performance.now() - seen.since
    const dead = isGone(now.owner) || age > deadAfterMs
    if (dead && (await remove(path, { state: now.state, again: age > 2 * deadAfterMs }))) continue
    await sleep(beatMs, undefined, signal && { signal }).catch(() => {})
  }
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), beatMs).unref()
  return {
    async release() {
      clearInterval(beat)
      if ((await look(path).catch(() => null))?.owner === me) await rm(path, { force: true }).catch(() => {})
    },
  }
}

async function create(path: string, owner: string): Promise<boolean> {
  try {
    await writeFile(path, owner, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** The lock's owner, and its state, which changes with the owner and each touch; null if it has just been released. */
async function look(path: string): Promise<{ owner: string; state: string } | null> {
  try {
    const owner = await readFile(path, 'utf8')
    return { owner, state: `${owner} ${(await stat(path)).mtimeMs}` }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function isGone(owner: string): boolean {
  try {
    const { pid, host } = JSON.parse(owner)
    if (host !== hostname() || !Number.isInteger(pid)) return false
    process.kill(pid, 0)
    return false
  } catch (error) {
    // A lock being written is not JSON yet; a process of somebody else is EPERM. Neither is gone.
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/**
 * Removes the lock that was seen dead in this state, if nobody else is at it; whether it is worth looking again at once.
 * With `again`, somebody has been at it for so long that he must have ended on the way.
 */
async function remove(path: string, { state, again }: { state: string; again: boolean }): Promise<boolean> {
  const mine = `${path}.${createHash('sha256').update(state).digest('hex').slice(0, 16)}`
  if (again) await rm(mine, { force: true })
  if (!(await create(mine, ''))) return false
  try {
    if ((await look(path))?.state === state) await rm(path, { force: true })
    return true
  } finally {
    await rm(mine, { force: true })
  }
}
