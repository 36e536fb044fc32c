/**
 * All files below a folder. Links are followed, to folders too, but no folder is read twice: not in a cycle, and not by two
 * names, of which the folder itself is preferred to a link. What is no regular file (a pipe, a device, a socket) is never
 * opened.
 */
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { readRegularFile, readRegularStart } from '@mixflow/files'
import { throwIfAborted } from './abort.ts'
import { byName, type DataFile, type FileList, LeftOutFiles } from './file-list.ts'
import { isSystemFolder, systemPart } from './system-files.ts'

interface Walk {
  readonly root: string
  readonly files: DataFile[]
  readonly leftOut: LeftOutFiles
  /** Real paths of the folders that were read or are being read. */
  readonly seen: Set<string>
  /** Links to folders, to be followed once all folders proper are read. */
  links: string[]
  readonly signal: AbortSignal | undefined
}

/** Lists a folder. @throws MixflowError ABORTED; system errors pass */
export async function listFolder(root: string, signal?: AbortSignal): Promise<FileList> {
  const walk: Walk = { root, files: [], leftOut: new LeftOutFiles(), seen: new Set(), links: [], signal }
  await addFolder(walk, '')
  while (walk.links.length > 0) {
    const links = walk.links.sort()
    walk.links = []
    for (const link of links) await followLink(walk, link)
  }
  return { files: walk.files.sort(byName), leftOut: walk.leftOut.list(), notes: [], close: async () => {} }
}

async function addFolder(walk: Walk, prefix: string): Promise<void> {
  throwIfAborted(walk.signal, `reading ${walk.root}`)
  const folder = join(walk.root, prefix)
  walk.seen.add(await realpath(folder))
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const name = `${prefix}${entry.name}`
    if (entry.isDirectory()) {
      if (isSystemFolder(entry.name)) walk.leftOut.add(systemReason, `${name}/`)
      else await addFolder(walk, `${name}/`)
    } else await addEntry(walk, name, entry.isSymbolicLink())
  }
}

export const systemReason = 'hidden or made by the system'

async function addEntry(walk: Walk, name: string, isLink: boolean): Promise<void> {
  if (systemPart(name) !== null) return walk.leftOut.add(systemReason, name)
  const path = join(walk.root, name)
  const facts = await stat(path).catch(() => null)
  if (facts === null) walk.leftOut.add(isLink ? 'links to nothing' : 'cannot be opened', name)
  else if (facts.isDirectory()) {
    if (isSystemFolder(name.split('/').at(-1)!)) walk.leftOut.add(systemReason, `${name}/`)
    else walk.links.push(name)
  } else if (facts.isFile()) walk.files.push(fileAt(path, { name, bytes: facts.size }))
  else walk.leftOut.add('no regular files (pipes, devices, sockets)', name)
}

async function followLink(walk: Walk, name: string): Promise<void> {
  const target = await realpath(join(walk.root, name)).catch(() => null)
  if (target === null) return walk.leftOut.add('links to nothing', name)
  const within = target.endsWith(sep) ? target : `${target}${sep}`
  const isKnown = walk.seen.has(target)
  // A link to a folder around one that was read would read that one again.
  if (isKnown || [...walk.seen].some(path => path.startsWith(within))) {
    return walk.leftOut.add('links to folders that are read already', name)
  }
  await addFolder(walk, `${name}/`)
}

const fileAt = (path: string, { name, bytes }: Pick<DataFile, 'name' | 'bytes'>): DataFile => ({
  ...{ name, bytes },
  read: () => readRegularFile(path),
  head: length => readRegularStart(path, length),
})
