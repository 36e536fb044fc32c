/** Node, operating system, processor, memory, and the download folder. */

import { access, constants, readdir, stat, statfs } from 'node:fs/promises'
import { arch, availableParallelism, cpus, freemem, platform, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import type { Finding } from './findings.ts'

/** Minimum version of Node. */
const oldest = [20, 12] as const

export function nodeFinding(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return ok('Node', version)
  const text = `${version} is too old; mixflow needs ${oldest.join('.')} or newer`
  return { topic: 'system', name: 'Node', state: 'broken', text, command: 'npm install -g n && n lts' }
}

export function machineFindings(): Finding[] {
  const model = cpus()[0]?.model.trim() ?? 'unknown'
  // a container may be limited to less
  const limit = process.constrainedMemory?.() ?? 0
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return [
    ok('system', `${platform()} ${release()}, ${arch()}`),
    ok('processor', `${model}, ${availableParallelism()} cores`),
    ok('memory', `${gigabytes(total)}, ${gigabytes(Math.min(freemem(), total))} free`),
  ]
}

/** @param folder of downloaded data sets and models; it may not exist yet */
export async function cacheFinding(folder: string): Promise<Finding> {
  const existing = await firstExisting(folder)
  const [used, disk] = [await sizeOf(folder), await statfs(existing)]
  const text = `${folder}, ${gigabytes(used)} in use, ${gigabytes(disk.bavail * disk.bsize)} free`
  try {
    await access(existing, constants.W_OK)
    return ok('downloads', text)
  } catch {
    const command = 'export MIXFLOW_CACHE=<folder>'
    return { topic: 'system', name: 'downloads', state: 'broken', text: `${text}: not writable`, command }
  }
}

async function firstExisting(folder: string): Promise<string> {
  const there = await stat(folder).catch(() => null)
  return there === null && dirname(folder) !== folder ? firstExisting(dirname(folder)) : folder
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const sizes = entries
    .filter(entry => entry.isFile())
    .map(entry => stat(join(entry.parentPath ?? entry.path, entry.name)))
  const settled = await Promise.allSettled(sizes)
  return settled.reduce((sum, file) => sum + (file.status === 'fulfilled' ? file.value.size : 0), 0)
}

const ok = (name: string, text: string): Finding => ({ topic: 'system', name, state: 'ok', text })

const gigabytes = (bytes: number): string => `${Number((bytes / 1e9).toPrecision(3))} GB`
