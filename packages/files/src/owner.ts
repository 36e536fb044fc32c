/**
 * Which process something on the disk belongs to. A process is named by its host, its number and, on Linux, its namespace of
 * numbers (each container has its own) and the time at which it started, since numbers are given again after a restart.
 */

import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

export interface Owner {
  readonly host: string
  readonly pid: number
  /** Namespace of process numbers; null where unknown. */
  readonly namespace: string | null
  /** Which start of the machine, and clock ticks from there to the start of the process; null where unknown. */
  readonly started: string | null
}

let own: Owner | undefined

export function thisProcess(): Owner {
  own ??= {
    host: hostname(),
    pid: process.pid,
    namespace: orNull(() => readlinkSync('/proc/self/ns/pid')),
    started: startOf(process.pid),
  }
  return own
}

/**
 * Whether a process goes on. `gone` and `alive` are certain; `running`: a process of this number runs, perhaps another one;
 * `foreign`: of another host or container, which cannot be asked.
 */
export type OwnerState = 'gone' | 'alive' | 'running' | 'foreign'

export function stateOf({ host, pid, namespace, started }: Owner): OwnerState {
  const me = thisProcess()
  if (host !== me.host || (namespace !== null && namespace !== me.namespace)) return 'foreign'
  if (!isRunning(pid)) return 'gone'
  const now = started === null ? null : startOf(pid)
  if (now === null) return 'running'
  return now === started ? 'alive' : 'gone'
}

/** Whether a process of this host has this number; it may be one of another user. */
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
  // the second field is the name of the program, in parentheses, and may hold anything
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
