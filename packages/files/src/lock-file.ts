/**
 * A lock between processes: a file that only one process can create, which contains its owner and is touched while it is held.
 * It is created with its content in one step, by linking a temporary file to its name, so no process sees a lock without an
 * owner.
 *
 * A lock is stale if its owner has ended, or, for an owner on another host, if it was not touched for a while by the clock of
 * the waiting process, so differences between clocks do not matter. Only one process may remove a stale lock: the one that
 * creates a second file named after exactly that lock. Limitation: a suspended owner on another host may lose its lock.
 */
import { createHash, randomUUID } from 'node:crypto'
import { link, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { throwIfAborted } from '@mixflow/core/internal'
import { type Owner, type OwnerState, stateOf, thisProcess } from './owner.ts'
import { temporaryPath } from './temporary.ts'

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once if another process holds the lock, or may hold it. */
  readonly onWait?: (() => void) | undefined
  /** How often the owner touches the file and waiting processes check it, in ms. Default: 500. */
  readonly intervalMs?: number
  /** After how long without a touch a lock of another host is stale, in ms. Default: 30 intervals. */
  readonly staleAfterMs?: number
}

export interface FileLock {
  /** Releases the lock; never throws. */
  release(): Promise<void>
}

/** Content of the file. */
interface Content extends Owner {
  readonly id: string
}

/** Locks that this process holds; a lock with its process ID may also be of an earlier process. */
const registry = Symbol.for('mixflow.locks')
const held: Set<string> = ((globalThis as { [registry]?: Set<string> })[registry] ??= new Set())

/**
 * Waits for a lock and acquires it.
 *
 * @throws MixflowError ABORTED; system errors pass, such as that of a read-only folder
 */
export async function lockFile(path: string, options: LockOptions = {}): Promise<FileLock> {
  return (await acquire(path, { ...options, wait: true })) as FileLock
}

/**
 * Acquires a lock, or returns its owner. Waits only until it is known whether an owner on another host is alive.
 *
 * @throws MixflowError ABORTED; system errors pass
 */
export function tryLockFile(path: string, options: LockOptions = {}): Promise<FileLock | { readonly owner: Owner }> {
  return acquire(path, { ...options, wait: false })
}

async function acquire(
  path: string,
  { signal, onWait, intervalMs = 500, staleAfterMs = 30 * intervalMs, wait }: LockOptions & { readonly wait: boolean },
): Promise<FileLock | { readonly owner: Owner }> {
  const content: Content = { ...thisProcess(), id: randomUUID() }
  const mine = JSON.stringify(content)
  held.add(content.id)
  try {
    const owner = await tryUntilKnown(() => create(path, mine), path, {
      signal,
      onWait,
      intervalMs,
      staleAfterMs,
      wait,
    })
    if (owner !== null) {
      held.delete(content.id)
      return { owner }
    }
  } catch (error) {
    held.delete(content.id)
    throw error
  }
  const timer = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), intervalMs).unref()
  return {
    async release() {
      clearInterval(timer)
      if ((await readLock(path).catch(() => null))?.text === mine) await rm(path, { force: true }).catch(() => {})
      held.delete(content.id)
    },
  }
}

/** Tries until the lock is created (null), or, without `wait`, until its owner is known. */
async function tryUntilKnown(
  tryIt: () => Promise<boolean>,
  path: string,
  {
    signal,
    onWait,
    intervalMs,
    staleAfterMs,
    wait,
  }: Required<Omit<LockOptions, 'signal' | 'onWait'>> &
    Pick<LockOptions, 'signal' | 'onWait'> & { readonly wait: boolean },
): Promise<Owner | null> {
  let seen: (LockState & { readonly since: number }) | undefined
  let hasWaited = false
  while (!(await tryIt())) {
    throwIfAborted(signal)
    const now = await readLock(path)
    if (!now) continue
    const wasTouched = seen?.text === now.text && seen.touched !== now.touched
    if (seen?.text !== now.text || wasTouched) seen = { ...now, since: performance.now() }
    const age = performance.now() - seen!.since
    const owner = parse(now.text)
    const state = owner === null ? 'foreign' : ownerState(owner)
    if (!wait && owner !== null && (state === 'alive' || state === 'running' || (state === 'foreign' && wasTouched))) {
      return owner
    }
    const hasEnded = state === 'ended'
    const isStale = hasEnded || (state !== 'alive' && age > staleAfterMs)
    if (isStale && (await remove(path, now, age > 2 * staleAfterMs))) continue
    if (!hasWaited && !hasEnded) onWait?.()
    hasWaited ||= !hasEnded
    await sleep(hasEnded ? Math.min(intervalMs, 20) : intervalMs, undefined, signal && { signal }).catch(() => {})
  }
  return null
}

/** Creates a file with its content in one step. Returns false if it exists. */
async function create(path: string, text: string): Promise<boolean> {
  const aside = temporaryPath(path)
  try {
    await writeFile(aside, text, { flag: 'wx' })
    await link(aside, path)
    return true
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (syscall === 'link') return createPlainly(path, text)
    throw error
  } finally {
    await rm(aside, { force: true })
  }
}

/** For file systems without links (exFAT, some network shares). */
async function createPlainly(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Content of a lock, and when it was last touched. */
interface LockState {
  readonly text: string
  readonly touched: number
}

/** Null if the lock has just been released. */
async function readLock(path: string): Promise<LockState | null> {
  try {
    return { text: await readFile(path, 'utf8'), touched: (await stat(path)).mtimeMs }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function parse(text: string): Content | null {
  try {
    const { host, pid, namespace = null, started = null, id = '' } = JSON.parse(text)
    return typeof host === 'string' && Number.isInteger(pid) && pid > 0 ? { host, pid, namespace, started, id } : null
  } catch {
    return null
  }
}

function ownerState(owner: Content): OwnerState {
  if (held.has(owner.id)) return 'alive'
  const state = stateOf(owner)
  // an earlier process with the ID of this one, on a system without start times of processes
  return state === 'running' && owner.pid === process.pid ? 'ended' : state
}

/**
 * Removes a stale lock, unless another process is removing it. Returns whether to try at once to create the lock.
 *
 * @param retry whether another process started to remove it so long ago that it must have ended
 */
async function remove(path: string, seen: LockState, retry: boolean): Promise<boolean> {
  const state = `${seen.text} ${seen.touched}`
  const mine = `${path}.${createHash('sha256').update(state).digest('hex').slice(0, 16)}`
  if (retry) await rm(mine, { force: true })
  if (!(await createPlainly(mine, ''))) return false
  try {
    const now = await readLock(path)
    if (now?.text === seen.text && now.touched === seen.touched) await rm(path, { force: true })
    return true
  } finally {
    await rm(mine, { force: true })
  }
}
