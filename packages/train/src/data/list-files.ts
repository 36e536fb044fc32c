/** Lists the files of a folder or a zip, except hidden files and those of the operating system. */

import { readdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { MixflowError } from '@mixflow/core'
import {
  type ByteSource,
  openByteSource,
  readRegularFile,
  readRegularStart,
  readZipDirectory,
  readZipEntry,
  readZipHead,
  type ZipEntry,
} from '@mixflow/files'
import { kindOfName } from './image-format.ts'
import { throwIfAborted } from './tasks.ts'

/** A file of a data set. */
export interface DataFile {
  /** Path below the folder or inside the zip, with `/`. */
  readonly name: string
  readonly bytes: number
  /** The first bytes, at most `length`. */
  head(length: number): Promise<Uint8Array>
  read(): Promise<Uint8Array>
}

/** Files that are not part of the data set, and why. */
export interface LeftOut {
  /** Completes "left out: 3 …", for example `broken links`. */
  readonly reason: string
  /** Sorted. A folder that is left out as a whole ends in `/`. */
  readonly names: readonly string[]
}

export interface FileList {
  /** Sorted by name, by code units, so that the order does not depend on the locale. */
  readonly files: readonly DataFile[]
  readonly leftOut: readonly LeftOut[]
  /** Remarks for the user, one sentence each. */
  readonly notes: readonly string[]
  close(): Promise<void>
}

/** Collects what is left out, by reason. */
export class LeftOutFiles {
  readonly #byReason = new Map<string, Set<string>>()

  add(reason: string, ...names: readonly string[]): void {
    const known = this.#byReason.get(reason) ?? new Set()
    for (const name of names) known.add(name)
    this.#byReason.set(reason, known)
  }

  /** Removes a name again, because its file is used. */
  remove(reason: string, name: string): void {
    this.#byReason.get(reason)?.delete(name)
  }

  list(): LeftOut[] {
    return [...this.#byReason].flatMap(([reason, names]) =>
      names.size === 0 ? [] : [{ reason, names: [...names].sort() }],
    )
  }
}

export const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0

interface Walk {
  readonly root: string
  readonly files: DataFile[]
  readonly leftOut: LeftOutFiles
  /** Real paths of the folders read so far. */
  readonly seen: Set<string>
  /** Links to folders, which are followed after all real folders. */
  links: string[]
  readonly signal: AbortSignal | undefined
}

/**
 * Lists all files below a folder. Follows links, also to folders, but reads no folder twice, and prefers the folder to a link to it.
 * Pipes, devices and sockets are never opened.
 *
 * @throws MixflowError ABORTED; system errors pass
 */
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

const systemReason = 'hidden or system files'

async function addEntry(walk: Walk, name: string, isLink: boolean): Promise<void> {
  if (systemPart(name) !== null) return walk.leftOut.add(systemReason, name)
  const path = join(walk.root, name)
  const facts = await stat(path).catch(() => null)
  if (facts === null) walk.leftOut.add(isLink ? 'broken links' : 'inaccessible files', name)
  else if (facts.isDirectory()) {
    if (isSystemFolder(name.split('/').at(-1)!)) walk.leftOut.add(systemReason, `${name}/`)
    else walk.links.push(name)
  } else if (facts.isFile()) walk.files.push(fileAt(path, { name, bytes: facts.size }))
  else walk.leftOut.add('special files (pipes, devices, sockets)', name)
}

async function followLink(walk: Walk, name: string): Promise<void> {
  const target = await realpath(join(walk.root, name)).catch(() => null)
  if (target === null) return walk.leftOut.add('broken links', name)
  const within = target.endsWith(sep) ? target : `${target}${sep}`
  const isKnown = walk.seen.has(target)
  // a parent of a folder that was read would read that folder again
  if (isKnown || [...walk.seen].some(path => path.startsWith(within))) {
    return walk.leftOut.add('links to folders that were already read', name)
  }
  await addFolder(walk, `${name}/`)
}

const fileAt = (path: string, { name, bytes }: Pick<DataFile, 'name' | 'bytes'>): DataFile => ({
  ...{ name, bytes },
  read: () => readRegularFile(path),
  head: length => readRegularStart(path, length),
})

/** Against zip bombs: the largest image, and the largest ratio of an image above `unsuspiciousBytes`. */
const limits = { entryBytes: 2 ** 28, ratio: 200, unsuspiciousBytes: 2 ** 20 } as const

/**
 * Lists the files of a zip, which are read in place: nothing is written to disk. Zips with paths outside of it, overlapping entries
 * or extreme compression are refused as malicious.
 *
 * @throws MixflowError DATA_INVALID if it is damaged or malicious; system errors pass
 */
export async function listZip(path: string): Promise<FileList> {
  const source = await openByteSource(path)
  try {
    const { entries } = await readZipDirectory(source)
    return { ...listed(source, entries), close: async () => source[Symbol.asyncDispose]() }
  } catch (cause) {
    await source[Symbol.asyncDispose]()
    throw new MixflowError('DATA_INVALID', `${path} cannot be read as a zip of images: ${(cause as Error).message}`, {
      hint: 'create it again, or unpack it and use the folder',
      cause,
    })
  }
}

function listed(source: ByteSource, entries: readonly ZipEntry[]): Omit<FileList, 'close'> {
  const leftOut = new LeftOutFiles()
  const files = new Map<string, DataFile>()
  const nameOf = nameReader(entries)
  let uncertain = 0
  for (const entry of entries) {
    const name = nameOf(entry)
    checkName(name)
    const system = systemPart(name)
    if (system !== null) leftOut.add(systemReason, system)
    if (name.endsWith('/') || system !== null) continue
    checkEntry(name, entry)
    if (files.has(name)) leftOut.add('duplicate names in the zip: the last one is used', name)
    if (entry.guessedEncoding !== null) uncertain++
    files.set(name, {
      ...{ name, bytes: entry.bytes },
      read: () => readZipEntry(source, entry),
      head: length => readZipHead(source, entry, length),
    })
  }
  const example = entries.find(entry => entry.guessedEncoding !== null)
  const notes = example
    ? [
        `${uncertain} names in the zip have no encoding and are read as ${example.guessedEncoding}, such as ${nameOf(example)}: ` +
          'if they look wrong, create the zip again with UTF-8 names',
      ]
    : []
  return { files: [...files.values()].sort(byName), leftOut: leftOut.list(), notes }
}

/** If no name has a slash, backslashes are separators, as some Windows programs write them. */
function nameReader(entries: readonly ZipEntry[]): (entry: ZipEntry) => string {
  const isWindows = !entries.some(({ name }) => name.includes('/'))
  return ({ name }) => (isWindows ? name.replaceAll('\\', '/') : name)
}

function checkName(name: string): void {
  if (/^\/|^[a-z]:\/|(^|\/)\.\.(\/|$)|\0/i.test(name))
    throw new Error(`the name ${JSON.stringify(name)} is outside of the zip`)
}

const uncompressed: readonly string[] = ['TIFF', 'BMP', 'PPM']

function checkEntry(name: string, { packedBytes, bytes }: ZipEntry): void {
  const kind = kindOfName(name)
  if (!kind?.readable) return
  if (bytes > limits.entryBytes)
    throw new Error(`${name} unpacks to ${bytes} bytes, more than the limit of ${limits.entryBytes}`)
  // the other formats are already compressed
  if (!uncompressed.includes(kind.format) && bytes > limits.unsuspiciousBytes && bytes > limits.ratio * packedBytes) {
    throw new Error(`${name} unpacks from ${packedBytes} to ${bytes} bytes: a zip bomb`)
  }
}

// Thumbnails, recycle bins and indexes of operating systems and storage devices: never images, and their folders never classes.
const folders: readonly RegExp[] = [
  /^\./, // hidden: .git, .thumbnails, .Trash-1000, .ipynb_checkpoints, .@__thumb of QNAP
  /^@(eaDir|Recycle|Recently-Snapshot|tmp|sharebin|SynoResource)$/i, // Synology, QNAP
  /^#(recycle|snapshot)$/i,
  /^(lost\+found|__MACOSX|__pycache__|\$RECYCLE\.BIN|RECYCLER|System Volume Information)$/i,
  /^(Network Trash Folder|Temporary Items|TheVolumeSettingsFolder|\$Extend)$/i,
]

const files: readonly RegExp[] = [
  /^\./, // hidden: .DS_Store, and ._name, which macOS puts beside each file
  /^(Thumbs\.db|ehthumbs(_vista)?\.db|desktop\.ini|Icon\r|Picasa\.ini|ZbThumbnail\.info)$/i,
  /@Syno(EAStream|Resource|Photo.*)$/i,
  /^SYNO(PHOTO|FILE|VIDEO)_/, // thumbnails beside each photo
]

/** Whether a folder of this name is hidden or belongs to the system. */
const isSystemFolder = (name: string): boolean => folders.some(pattern => pattern.test(name))

/**
 * The part of a path that is hidden or belongs to the system: the path of the outermost such folder, the whole path for such a
 * file, or null.
 *
 * @param path below the data folder, with `/`
 */
function systemPart(path: string): string | null {
  const parts = path.split('/')
  const at = parts.slice(0, -1).findIndex(isSystemFolder)
  if (at >= 0) return `${parts.slice(0, at + 1).join('/')}/`
  return files.some(pattern => pattern.test(parts.at(-1)!)) ? path : null
}
