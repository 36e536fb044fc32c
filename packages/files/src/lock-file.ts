/**
 * A lock between processes: a file that only one of them can create, with its owner's name in it, touched while it is held.
 * It appears with its content at once (a file beside it is linked to its name), so nobody sees a lock without an owner.
 *
 * A lock is dead if its owner has ended, or, where that cannot be known (another host), if it has not been touched for a while as measured by
 * whoever waits, so that clocks that differ do no harm. Of all who see the same dead lock only one may remove it: the one that
 * can create a second file named after exactly that lock. It leaves out: an owner on another host that was suspended,
 * not ended, may wake up to find its lock gone.
 */
import { createHash, randomUUID } from 'node:crypto'
import { link, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { throwIfAborted } from '@mixflow/core/internal'
import { type Owner, type OwnerState, stateOf, thisProcess } from './owner.ts'
import { temporaryPath } from './temporary.ts'

export interface LockOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once if somebody else holds the lock, or may. */
  readonly onWait?: (() => void) | undefined
  /** How often the owner touches the file, and waiters look, in ms. Default: 500. */
  readonly beatMs?: number
  /** A lock whose owner cannot be asked is dead if it has not been touched for so long, in ms. Default: 30 beats. */
  readonly deadAfterMs?: number
}

export interface FileLock {
  /** Gives the lock back; never throws. */
  release(): Promise<void>
}

/** What is in the file. */
interface Content extends Owner {
  readonly id: string
}

/** Locks that this process holds: it may have ended and begun again under the same number. */
const registry = Symbol.for('mixflow.locks')
const held: Set<string> = ((globalThis as { [registry]?: Set<string> })[registry] ??= new Set())

/**
 * Waits for a lock and takes it.
 *
 * @throws MixflowError ABORTED if the signal ends the wait; system errors (a folder without write permission) pass
 */
export async function lockFile(path: string, options: LockOptions = {}): Promise<FileLock> {
  return (await take(path, { ...options, wait: true })) as FileLock
}

/**
 * Takes a lock, or returns who holds it. Waits only as long as it takes to see whether an owner on another host is alive.
 *
 * @throws MixflowError ABORTED; system errors pass
 */
export function tryLockFile(path: string, options: LockOptions = {}): Promise<FileLock | { readonly owner: Owner }> {
  return take(path, { ...options, wait: false })
}

async function take(
  path: string,
  { signal, onWait, beatMs = 500, deadAfterMs = 30 * beatMs, wait }: LockOptions & { readonly wait: boolean },
): Promise<FileLock | { readonly owner: Owner }> {
  const content: Content = { ...thisProcess(), id: randomUUID() }
  const mine = JSON.stringify(content)
  held.add(content.id)
  try {
    const owner = await until(() => create(path, mine), path, { signal, onWait, beatMs, deadAfterMs, wait })
    if (owner !== null) {
      held.delete(content.id)
      return { owner }
    }
  } catch (error) {
    held.delete(content.id)
    throw error
  }
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), beatMs).unref()
  return {
    async release() {
      clearInterval(beat)
      if ((await look(path).catch(() => null))?.text === mine) await rm(path, { force: true }).catch(() => {})
      held.delete(content.id)
    },
  }
}

/** Tries until the lock is created (null), or, where it should not wait, until it is known who holds it. */
async function until(
  tryIt: () => Promise<boolean>,
  path: string,
  {
    signal,
    onWait,
    beatMs,
    deadAfterMs,
    wait,
  }: Required<Omit<LockOptions, 'signal' | 'onWait'>> &
    Pick<LockOptions, 'signal' | 'onWait'> & { readonly wait: boolean },
): Promise<Owner | null> {
  let seen: (Look & { readonly since: number }) | undefined
  let hasWaited = false
  while (!(await tryIt())) {
    throwIfAborted(signal)
    const now = await look(path)
    if (!now) continue
    const wasTouched = seen?.text === now.text && seen.touched !== now.touched
    if (seen?.text !== now.text || wasTouched) seen = { ...now, since: performance.now() }
    const age = performance.now() - seen!.since
    const owner = parse(now.text)
    const state = owner === null ? 'foreign' : ownerState(owner)
    if (!wait && owner !== null && (state === 'alive' || state === 'running' || (state === 'foreign' && wasTouched))) {
      return owner
    }
    const isGone = state === 'gone'
    const isDead = isGone || (state !== 'alive' && age > deadAfterMs)
    if (isDead && (await remove(path, now, age > 2 * deadAfterMs))) continue
    if (!hasWaited && !isGone) onWait?.()
    hasWaited ||= !isGone
    await sleep(isGone ? Math.min(beatMs, 20) : beatMs, undefined, signal && { signal }).catch(() => {})
  }
  return null
}

/** Creates a file with its content in one step; whether it was not there before. */
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

/** Where the file system has no links (exFAT, some network shares). */
async function createPlainly(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** A lock as it was seen: its content, and when it was touched. */
interface Look {
  readonly text: string
  readonly touched: number
}

/** Null if the lock has just been released. */
async function look(path: string): Promise<Look | null> {
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
  // an earlier process with the number of this one, on a system that does not say when processes started
  return state === 'running' && owner.pid === process.pid ? 'gone' : state
}

/**
 * Removes the lock that was seen dead, if nobody else is at it; whether it is worth looking again at once.
 *
 * @param again somebody has been at it for so long that he must have ended on the way
 */
async function remove(path: string, seen: Look, again: boolean): Promise<boolean> {
  const state = `${seen.text} ${seen.touched}`
  const mine = `${path}.${createHash('sha256').update(state).digest('hex').slice(0, 16)}`
  if (again) await rm(mine, { force: true })
  if (!(await createPlainly(mine, ''))) return false
  try {
    const now = await look(path)
    if (now?.text === seen.text && now.touched === seen.touched) await rm(path, { force: true })
    return true
  } finally {
    await rm(mine, { force: true })
  }
}
