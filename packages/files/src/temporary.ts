/**
 * Temporary names: `.tmp-<name>.<host>-<pid>-<random>`, beside what is being written. They say whose they are, so that the
 * next process which writes to the same folder removes what a killed one left. A folder that was moved aside to be
 * replaced ends in `-old`; where nothing took its place it is moved back.
 */

import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { lstat, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isRunning, thisProcess } from './owner.ts'

/** File systems allow 255 bytes in a name; the rest is for what is added. */
const longestName = 180
const pattern = /^\.tmp-(.+)\.([0-9a-f]{8})-(\d+)-[0-9a-f]{8}(-old)?$/s
/** What another host left is removed after a day: it cannot be asked whether it goes on. */
const foreignAgeMs = 86_400_000

let hostMark: string | undefined
function markOfHost(): string {
  const { host, namespace } = thisProcess()
  hostMark ??= createHash('sha256').update(`${host} ${namespace}`).digest('hex').slice(0, 8)
  return hostMark
}

/** Returns a new temporary path in the folder of a path. */
export function temporaryPath(path: string): string {
  const bytes = Buffer.from(basename(path))
  const name = bytes.length <= longestName ? basename(path) : `${bytes.toString('hex').slice(0, 120)}…`
  return join(dirname(path), `.tmp-${name}.${markOfHost()}-${process.pid}-${randomBytes(4).toString('hex')}`)
}

/** The name under which what stood at a path waits until it is replaced. */
export const oldPath = (temporary: string): string => `${temporary}-old`

/**
 * Removes from a folder the temporary files and folders of processes that have ended. Never throws: what cannot be removed now is
 * removed by a later call.
 */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const [, target, host, pid, old] = pattern.exec(name) ?? []
    if (target === undefined || !(await isLeft(join(folder, name), { host, pid: Number(pid) }))) continue
    const [path, place] = [join(folder, name), join(folder, target)]
    if (old !== undefined && !existsSync(place)) await rename(path, place).catch(() => {})
    else await discard(path)
  }
}

const swept = new Set<string>()

/** As `removeLeftovers`, once for each folder in the life of a process. */
export async function removeLeftoversOnce(folder: string): Promise<void> {
  if (swept.has(folder)) return
  swept.add(folder)
  await removeLeftovers(folder)
}

async function isLeft(path: string, { host, pid }: { host: string | undefined; pid: number }): Promise<boolean> {
  if (host === markOfHost() && !isRunning(pid)) return true
  const changed = (await lstat(path).catch(() => null))?.mtimeMs ?? Number.POSITIVE_INFINITY
  if (host !== markOfHost()) return changed < Date.now() - foreignAgeMs
  // of an earlier process with the number of this one
  return pid === process.pid && changed < Date.now() - process.uptime() * 1000 - 1000
}

export const discard = (path: string): Promise<void> => rm(path, { recursive: true, force: true }).catch(() => {})
