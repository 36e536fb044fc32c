/**
 * All files of a zip, read in place. Nothing of it is written to disk, so names can do no harm; those that climb out of the
 * zip are refused all the same, since whoever packed them meant harm. Against bombs: sizes and ratios are capped, and
 * entries that overlap are refused.
 */
import { MixflowError } from '@mixflow/core'
import {
  type ByteSource,
  openByteSource,
  readZipDirectory,
  readZipEntry,
  readZipHead,
  type ZipEntry,
} from '@mixflow/files'
import { byName, type DataFile, type FileList, LeftOutFiles } from './file-list.ts'
import { kindOfName } from './image-format.ts'
import { systemReason } from './list-folder.ts'
import { systemPart } from './system-files.ts'

/** An image that exceeds these would be 256 MiB large, or 1 MiB packed two hundredfold. */
const limits = { entryBytes: 2 ** 28, ratio: 200, unsuspiciousBytes: 2 ** 20 } as const

/** Lists a zip. @throws MixflowError DATA_INVALID if it is damaged or dangerous; system errors pass */
export async function listZip(path: string): Promise<FileList> {
  const source = await openByteSource(path)
  try {
    const { entries } = await readZipDirectory(source)
    return { ...listed(source, entries), close: async () => source[Symbol.asyncDispose]() }
  } catch (cause) {
    await source[Symbol.asyncDispose]()
    throw new MixflowError('DATA_INVALID', `${path} cannot be read as a zip of images: ${(cause as Error).message}`, {
      hint: 'pack it again, or unpack it yourself and give the folder',
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
    if (files.has(name)) leftOut.add('in the zip twice: the later one is read', name)
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
        `${uncertain} names in the zip do not say their encoding and are read as ${example.guessedEncoding}, such as ${nameOf(example)}: ` +
          'if they look wrong, pack the files again with UTF-8 names',
      ]
    : []
  return { files: [...files.values()].sort(byName), leftOut: leftOut.list(), notes }
}

/** Backslashes are separators where no name has a slash: some programs for Windows write them so. */
function nameReader(entries: readonly ZipEntry[]): (entry: ZipEntry) => string {
  const isWindows = !entries.some(({ name }) => name.includes('/'))
  return ({ name }) => (isWindows ? name.replaceAll('\\', '/') : name)
}

function checkName(name: string): void {
  if (/^\/|^[a-z]:\/|(^|\/)\.\.(\/|$)|\0/i.test(name)) throw new Error(`the name ${JSON.stringify(name)} leads outside`)
}

const uncompressed: readonly string[] = ['TIFF', 'BMP', 'PPM']

function checkEntry(name: string, { packedBytes, bytes }: ZipEntry): void {
  const kind = kindOfName(name)
  if (!kind?.readable) return
  if (bytes > limits.entryBytes) throw new Error(`${name} would have ${bytes} bytes, the most is ${limits.entryBytes}`)
  // images of one colour without compression shrink a thousandfold, the other formats are compressed already
  if (!uncompressed.includes(kind.format) && bytes > limits.unsuspiciousBytes && bytes > limits.ratio * packedBytes) {
    throw new Error(`${name} would grow from ${packedBytes} to ${bytes} bytes: a zip bomb`)
  }
}
