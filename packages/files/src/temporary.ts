/**
 * Temporary files are named `.tmp-<name>.<host>-<pid>-<random>`, beside their target. The name identifies their process, so that
 * the next process that writes to the same folder removes leftovers of killed ones. The name of a folder that was moved aside
 * to be replaced ends in `-old`; if its replacement is missing, it is moved back.
 */

import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { lstat, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isRunning, thisProcess } from './owner.ts'

/** File systems allow 255 bytes per name; the rest is for prefix and suffix. */
const maxNameBytes = 180
const pattern = /^\.tmp-(.+)\.([0-9a-f]{8})-(\d+)-[0-9a-f]{8}(-old)?$/s
/** Leftovers of other hosts, whose processes cannot be checked, are removed after a day. */
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
  const name = bytes.length <= maxNameBytes ? basename(path) : `${bytes.toString('hex').slice(0, 120)}…`
  return join(dirname(path), `.tmp-${name}.${markOfHost()}-${process.pid}-${randomBytes(4).toString('hex')}`)
}

/** Path that the old folder is moved to while it is replaced. */
export const oldPath = (temporary: string): string => `${temporary}-old`

/**
 * Removes temporary files and folders of ended processes from a folder. Never throws: what cannot be removed is left for a later
 * call.
 */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const [, target, host, pid, old] = pattern.exec(name) ?? []
    if (target === undefined || !(await isLeftover(join(folder, name), { host, pid: Number(pid) }))) continue
    const [path, original] = [join(folder, name), join(folder, target)]
    if (old !== undefined && !existsSync(original)) await rename(path, original).catch(() => {})
    else await discard(path)
  }
}

const swept = new Set<string>()

/** As `removeLeftovers`, once per folder and process. */
export async function removeLeftoversOnce(folder: string): Promise<void> {
  if (swept.has(folder)) return
  swept.add(folder)
  await removeLeftovers(folder)
}

async function isLeftover(path: string, { host, pid }: { host: string | undefined; pid: number }): Promise<boolean> {
  if (host === markOfHost() && !isRunning(pid)) return true
  const changed = (await lstat(path).catch(() => null))?.mtimeMs ?? Number.POSITIVE_INFINITY
  if (host !== markOfHost()) return changed < Date.now() - foreignAgeMs
  // of an earlier process with the ID of this one
  return pid === process.pid && changed < Date.now() - process.uptime() * 1000 - 1000
}

export const discard = (path: string): Promise<void> => rm(path, { recursive: true, force: true }).catch(() => {})
