/**
 * The picture files of a folder or a `.zip`, nested as they are, sorted by name, each readable on its own. Files that
 * are no pictures by their ending, and hidden ones, are left out; links to folders are not followed.
 *
 * A zip is read in place and nothing of it is written to disk, so entry names can do no harm. Against bombs: entries,
 * their sizes and ratios are capped, and entries that overlap are refused.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { MixflowError } from '@mixflow/core'
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { throwIfAborted } from './abort.ts'

export interface ImageFile {
  /** Path below the folder or inside the zip, with `/`. */
  readonly name: string
  read(): Promise<Uint8Array>
}

export interface ImageList {
  /** Sorted by name (code units, so that the order is the same everywhere). */
  readonly files: readonly ImageFile[]
  /** How many files were left out because of their ending. */
  readonly others: number
  close(): void
}

const picture = /\.(jpe?g|png|webp|avif|gif|tiff?)$/i
const hidden = /(^|\/)(\.|__MACOSX\/|Thumbs\.db$)/

/** Limits of a zip; a picture that exceeds them would be 128 MiB large, or 1 MiB packed two hundredfold. */
const limits = { entries: 1_000_000, entryBytes: 2 ** 27, ratio: 200, unsuspiciousBytes: 2 ** 20 } as const

/** @throws MixflowError DATA_INVALID if the path is a damaged or dangerous zip; ABORTED; system errors pass */
export async function listImages(path: string, signal?: AbortSignal): Promise<ImageList> {
  return (await stat(path)).isDirectory() ? listFolder(path, signal) : listZip(path)
}

async function listFolder(folder: string, signal: AbortSignal | undefined): Promise<ImageList> {
  const all: string[] = []
  await addFilesBelow(folder, '', { names: all, signal })
  const names = all.filter(name => !hidden.test(name))
  const files = names
    .filter(name => picture.test(name))
    .map(name => ({ name, read: () => readFile(join(folder, name)) }))
  return { files: sorted(files), others: names.length - files.length, close: () => {} }
}

interface Found {
  readonly names: string[]
  readonly signal: AbortSignal | undefined
}

async function addFilesBelow(folder: string, prefix: string, found: Found): Promise<void> {
  throwIfAborted(found.signal, `reading ${folder}`)
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const name = `${prefix}${entry.name}`
    if (entry.isDirectory()) await addFilesBelow(folder, `${name}/`, found)
    else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(join(folder, name))))) found.names.push(name)
  }
}

const isFile = async (path: string) => (await stat(path).catch(() => null))?.isFile() ?? false

async function listZip(path: string): Promise<ImageList> {
  let zip: ZipFile | undefined
  try {
    zip = await openPromise(path, { autoClose: false })
    const entries = await entriesOf(zip, (await stat(path)).size)
    const files = entries.filter(entry => picture.test(entry.fileName)).map(entry => zipped(zip!, entry))
    return { files: sorted(files), others: entries.length - files.length, close: () => zip?.close() }
  } catch (cause) {
    zip?.close()
    throw new MixflowError('DATA_INVALID', `${path} cannot be read as a zip of images: ${(cause as Error).message}`, {
      hint: 'pack it again, or unpack it yourself and give the folder',
      cause,
    })
  }
}

async function entriesOf(zip: ZipFile, zipBytes: number): Promise<Entry[]> {
  if (zip.entryCount > limits.entries) throw new Error(`${zip.entryCount} entries, the most is ${limits.entries}`)
  const entries: Entry[] = []
  let packed = 0
  for await (const entry of zip.eachEntry()) {
    packed += entry.compressedSize
    if (packed > zipBytes) throw new Error('its entries are together larger than the file: they overlap')
    if (entry.fileName.endsWith('/') || hidden.test(entry.fileName)) continue
    checkEntry(entry)
    entries.push(entry)
  }
  return entries
}

function checkEntry(entry: Entry): void {
  const { fileName, compressedSize, uncompressedSize } = entry
  if (!picture.test(fileName)) return
  if (entry.isEncrypted()) throw new Error(`${fileName} is encrypted`)
  if (uncompressedSize > limits.entryBytes) {
    throw new Error(`${fileName} would have ${uncompressedSize} bytes, the most is ${limits.entryBytes}`)
  }
  if (uncompressedSize > limits.unsuspiciousBytes && uncompressedSize > limits.ratio * compressedSize) {
    throw new Error(`${fileName} would grow from ${compressedSize} to ${uncompressedSize} bytes: a zip bomb`)
  }
}

/** yauzl stops with an error as soon as an entry unpacks to another size than it claimed. */
const zipped = (zip: ZipFile, entry: Entry): ImageFile => ({
  name: entry.fileName,
  read: async () => buffer(await zip.openReadStreamPromise(entry)),
})

const sorted = (files: readonly ImageFile[]) =>
  files.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
