/**
 * Identifies the process that owns a file: by host, process ID and, on Linux, PID namespace (each container has its own) and
 * start time, since process IDs are reused.
 */

import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

export interface Owner {
  readonly host: string
  readonly pid: number
  /** PID namespace; null if unknown. */
  readonly namespace: string | null
  /** Boot ID of the machine, and clock ticks from boot to the start of the process; null if unknown. */
  readonly started: string | null
}

let current: Owner | undefined

export function thisProcess(): Owner {
  current ??= {
    host: hostname(),
    pid: process.pid,
    namespace: orNull(() => readlinkSync('/proc/self/ns/pid')),
    started: startOf(process.pid),
  }
  return current
}

/**
 * State of a process. `ended` and `alive` are certain; `running`: a process with this ID runs, perhaps another one; `foreign`: it
 * is on another host or in another container, so its state is unknown.
 */
export type OwnerState = 'ended' | 'alive' | 'running' | 'foreign'

export function stateOf({ host, pid, namespace, started }: Owner): OwnerState {
  const me = thisProcess()
  if (host !== me.host || (namespace !== null && namespace !== me.namespace)) return 'foreign'
  if (!isRunning(pid)) return 'ended'
  const now = started === null ? null : startOf(pid)
  if (now === null) return 'running'
  return now === started ? 'alive' : 'ended'
}

/** Whether a process with this ID runs on this host, possibly of another user. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function startOf(pid: number): string | null {
  const stat = orNull(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  const boot = orNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  // the second field is the program name in parentheses, which may contain any characters
  const ticks = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  return ticks === undefined || boot === null ? null : `${boot}:${ticks}`
}

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
