/**
 * The central directory of a zip. It is read from its start to the end record, whatever number of entries is stated: macOS's
 * Archive Utility does not write ZIP64, so its counts are modulo 65,536 and its offsets modulo 2^32. A count that does not
 * agree even so is an error.
 *
 * Source: PKWARE's APPNOTE 6.3, sections 4.3.12 to 4.3.16. Not supported: an encrypted directory, several disks.
 */
import type { ByteSource } from '../byte-source.ts'
import { type LegacyEncoding, legacyNames } from './legacy-names.ts'
import { zipName } from './zip-name.ts'

export interface ZipEntry {
  readonly name: string
  /** The encoding that the name was probably in, if it was neither UTF-8 nor ASCII; else null. */
  readonly guessedEncoding: LegacyEncoding | null
  readonly rawName: Uint8Array
  readonly flags: number
  /** Compression: 0 is stored, 8 is Deflate. */
  readonly method: number
  readonly crc32: number
  /** Size in the zip, in bytes. */
  readonly packedBytes: number
  /** Size when unpacked, in bytes. */
  readonly bytes: number
  /** Offset of the local header in the file; where `wraps`, that or more by a multiple of 2^32. */
  readonly header: number
  readonly wraps: boolean
}

export interface ZipDirectory {
  readonly entries: readonly ZipEntry[]
  /** Offset of the directory in the file. */
  readonly start: number
  /** Number of bytes in front of the zip, such as a self-extracting program; the entries' offsets include it. */
  readonly shift: number
}

export type ZipProblem =
  | ('truncated' | 'multi-disk' | 'directory' | 'entries')
  | ('size' | 'local' | 'encrypted' | 'method' | 'crc')

/** Why a zip or one of its entries cannot be read. The message continues the name of the zip or entry, as in "x.zip: …". */
export class ZipError extends Error {
  override readonly name = 'ZipError'
  readonly problem: ZipProblem

  constructor(problem: ZipProblem, message: string, options?: ErrorOptions) {
    super(message, options)
    this.problem = problem
  }
}

export const signatures = {
  local: 0x04034b50,
  entry: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
} as const

const unknown16 = 0xffff
const unknown32 = 0xffffffff
const directoryBytesPerEntry = 512

/**
 * Reads the directory.
 *
 * @param maxEntries default: 1,000,000
 * @throws ZipError; what `source.read` throws
 */
export async function readZipDirectory(
  source: ByteSource,
  { maxEntries = 1_000_000 }: { readonly maxEntries?: number } = {},
): Promise<ZipDirectory> {
  const end = await endRecord(source)
  if (end.bytes > directoryBytesPerEntry * maxEntries) {
    throw new ZipError('entries', `the directory has ${end.bytes} bytes; at most ${maxEntries} entries are read`)
  }
  const { start, shift } = await directoryStart(source, end)
  const found: FoundEntry[] = []
  const bytes = await source.read(start, end.at - start)
  const view = viewOf(bytes)
  let at = 0
  let packed = 0
  while (at + 4 <= bytes.length && view.getUint32(at, true) === signatures.entry) {
    const { entry, next } = entryAt(bytes, at)
    found.push({ ...entry, header: entry.header + shift, wraps: entry.wraps && source.size > unknown32 })
    packed += entry.packedBytes
    if (found.length > maxEntries) throw new ZipError('entries', `there are more than ${maxEntries} entries`)
    if (packed > source.size) {
      throw new ZipError('size', 'the entries are together larger than the file: they overlap, or it is cut short')
    }
    at = next
  }
  if ((end.is64 ? found.length : found.length % 65_536) !== end.count) {
    const counts = `the directory lists ${found.length} entries, the end record ${end.count}`
    throw new ZipError('directory', `${counts}: the zip is damaged`)
  }
  return { entries: named(found), start, shift }
}

/** An entry whose name is null while its encoding is unknown. */
type FoundEntry = Omit<ZipEntry, 'name' | 'guessedEncoding'> & { readonly name: string | null }

function named(found: readonly FoundEntry[]): ZipEntry[] {
  const unknown = found.filter(({ name }) => name === null)
  const { encoding, decode } = legacyNames(unknown.map(({ rawName }) => rawName))
  return found.map(entry => {
    if (entry.name !== null) return { ...entry, name: entry.name, guessedEncoding: null }
    return { ...entry, name: decode(entry.rawName), guessedEncoding: encoding }
  })
}

interface EndRecord {
  /** Offset of the record, where the directory ends. */
  readonly at: number
  readonly count: number
  /** Stated size and offset of the directory. */
  readonly bytes: number
  readonly offset: number
  readonly is64: boolean
}

/** The end record is the last of the file but for a comment, whose length must agree. */
async function endRecord(source: ByteSource): Promise<EndRecord> {
  const length = Math.min(source.size, 22 + unknown16)
  const view = viewOf(await source.read(source.size - length, length))
  for (let i = length - 22; i >= 0; i--) {
    if (view.getUint32(i, true) !== signatures.end || i + 22 + view.getUint16(i + 20, true) !== length) continue
    const [disk, directoryDisk] = [view.getUint16(i + 4, true), view.getUint16(i + 6, true)]
    if (disk !== directoryDisk || (disk !== 0 && disk !== unknown16)) {
      throw new ZipError('multi-disk', 'it is one part of an archive in several parts')
    }
    const at = source.size - length + i
    const record = {
      count: view.getUint16(i + 10, true),
      bytes: view.getUint32(i + 12, true),
      offset: view.getUint32(i + 16, true),
    }
    return (await endRecord64(source, at)) ?? { at, ...record, is64: false }
  }
  throw new ZipError('truncated', 'it has no end record: it is cut short, or not a zip')
}

async function endRecord64(source: ByteSource, end: number): Promise<EndRecord | null> {
  if (end < 20 + 56) return null
  const locator = viewOf(await source.read(end - 20, 20))
  if (locator.getUint32(0, true) !== signatures.locator64) return null
  // with other data in front of the zip, the record is later than stated: right before the locator
  for (const at of [long(locator, 8), end - 20 - 56]) {
    if (at + 56 > end - 20) continue
    const record = viewOf(await source.read(at, 56))
    if (record.getUint32(0, true) !== signatures.end64 || at + 12 + long(record, 4) !== end - 20) continue
    return { at, count: long(record, 32), bytes: long(record, 40), offset: long(record, 48), is64: true }
  }
  throw new ZipError('directory', 'the ZIP64 end record is not where it should be: the zip is damaged')
}

/** Where the directory begins, and how far the file's offsets are off. */
async function directoryStart(source: ByteSource, end: EndRecord): Promise<{ start: number; shift: number }> {
  const start = end.at - end.bytes
  const shift = start - end.offset
  const misplaced = () => new ZipError('directory', 'the directory is not where it should be: the zip is damaged')
  if (start < 0 || shift < 0) throw misplaced()
  if (end.bytes > 0) {
    const first = viewOf(await source.read(start, Math.min(4, end.bytes)))
    if (first.byteLength < 4 || first.getUint32(0, true) !== signatures.entry) throw misplaced()
  }
  return { start, shift: !end.is64 && shift % 2 ** 32 === 0 ? 0 : shift }
}

function entryAt(bytes: Uint8Array, at: number): { entry: FoundEntry; next: number } {
  const view = viewOf(bytes)
  const damaged = () => new ZipError('directory', `the directory is damaged at byte ${at}`)
  if (at + 46 > bytes.length) throw damaged()
  const nameEnd = at + 46 + view.getUint16(at + 28, true)
  const extraEnd = nameEnd + view.getUint16(at + 30, true)
  const next = extraEnd + view.getUint16(at + 32, true)
  if (next > bytes.length) throw damaged()
  const rawName = bytes.slice(at + 46, nameEnd)
  const extra = bytes.subarray(nameEnd, extraEnd)
  const fields = [24, 20, 42].map(offset => view.getUint32(at + offset, true))
  const [size, packedBytes, header] = widened(fields, extra) as [number, number, number]
  const entry = {
    name: zipName(rawName, extraField(extra, 0x7075)),
    rawName,
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc32: view.getUint32(at + 16, true),
    packedBytes,
    bytes: size,
    header,
    wraps: fields[2] === header,
  }
  return { entry, next }
}

/** Numbers that do not fit into 32 bits are in the ZIP64 extra field, in this order. */
function widened(fields: readonly number[], extra: Uint8Array): number[] {
  const field64 = fields.includes(unknown32) ? extraField(extra, 1) : null
  if (field64 === null) return [...fields]
  const view = viewOf(field64)
  let next = 0
  return fields.map(field => {
    if (field !== unknown32 || next + 8 > field64.length) return field
    next += 8
    return long(view, next - 8)
  })
}

/** The data of the first extra field of a kind, as far as they are there; null without one. */
function extraField(extra: Uint8Array, kind: number): Uint8Array | null {
  const view = viewOf(extra)
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) === kind) return extra.subarray(at + 4, at + 4 + view.getUint16(at + 2, true))
  }
  return null
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function long(view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true))
  if (!Number.isSafeInteger(value)) throw new ZipError('size', 'it states a size beyond any file')
  return value
}
