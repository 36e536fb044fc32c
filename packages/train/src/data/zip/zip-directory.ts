/**
 * The central directory of a zip: every entry with its name, sizes and place. It is read from where it must end, the end
 * record, and to its end, whatever number of entries is stated: macOS's Archive Utility writes no ZIP64, so that its counts
 * are those modulo 65,536 and its offsets those modulo 2^32. A count that does not agree even so is an error.
 *
 * Source: PKWARE's APPNOTE 6.3, sections 4.3.12 to 4.3.16. Refused: encryption of the directory, several disks.
 */
import type { ByteSource } from './byte-source.ts'
import { zipName } from './zip-name.ts'

export interface ZipEntry {
  readonly name: string
  /** False where the encoding of the name is unknown, see `zipName`. */
  readonly certainName: boolean
  readonly rawName: Uint8Array
  readonly flags: number
  readonly method: number
  readonly crc32: number
  readonly packedBytes: number
  readonly bytes: number
  /** Offset of the local header in the file; where `wraps`, that or more by a multiple of 2^32. */
  readonly header: number
  readonly wraps: boolean
}

const limits = { entries: 1_000_000, directoryBytes: 2 ** 29 } as const

export const signatures = {
  local: 0x04034b50,
  entry: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
} as const

const unknown16 = 0xffff
const unknown32 = 0xffffffff

/** Reads the directory. Rejects with an `Error` that completes "the zip cannot be read: …". */
export async function readZipDirectory(source: ByteSource): Promise<ZipEntry[]> {
  const end = await endRecord(source)
  const { start, shift } = await whereItBegins(source, end)
  const entries: ZipEntry[] = []
  const bytes = await source.read(start, end.at - start)
  const view = viewOf(bytes)
  let at = 0
  let packed = 0
  while (at + 4 <= bytes.length && view.getUint32(at, true) === signatures.entry) {
    const { entry, next } = entryAt(bytes, at)
    entries.push({ ...entry, header: entry.header + shift, wraps: entry.wraps && source.size > unknown32 })
    packed += entry.packedBytes
    if (entries.length > limits.entries) throw new Error(`more than ${limits.entries} entries`)
    if (packed > source.size) throw new Error('its entries are together larger than the file: they overlap')
    at = next
  }
  const found = end.is64 ? entries.length : entries.length % 65_536
  if (found !== end.count) {
    throw new Error(`its directory lists ${entries.length} entries, its end record says ${end.count}: it is damaged`)
  }
  return entries
}

interface EndRecord {
  /** Where it begins: the directory ends here. */
  readonly at: number
  readonly count: number
  readonly bytes: number
  readonly offset: number
  readonly is64: boolean
}

/** The end record is the last of the file but for a comment, whose length must agree. */
async function endRecord(source: ByteSource): Promise<EndRecord> {
  const length = Math.min(source.size, 22 + unknown16)
  const tail = await source.read(source.size - length, length)
  const view = viewOf(tail)
  for (let i = length - 22; i >= 0; i--) {
    if (view.getUint32(i, true) !== signatures.end || i + 22 + view.getUint16(i + 20, true) !== length) continue
    if (view.getUint16(i + 4, true) !== view.getUint16(i + 6, true)) throw new Error('it is one of several parts')
    const at = source.size - length + i
    const record = {
      count: view.getUint16(i + 10, true),
      bytes: view.getUint32(i + 12, true),
      offset: view.getUint32(i + 16, true),
    }
    return (await endRecord64(source, at)) ?? { at, ...record, is64: false }
  }
  throw new Error('it has no end record: it is cut short, or not a zip')
}

async function endRecord64(source: ByteSource, end: number): Promise<EndRecord | null> {
  if (end < 20 + 56) return null
  const locator = viewOf(await source.read(end - 20, 20))
  if (locator.getUint32(0, true) !== signatures.locator64) return null
  const stated = long(locator, 8)
  // With other data in front of the zip, the record is later than stated: right before the locator.
  for (const at of [stated, end - 20 - 56]) {
    if (at + 56 > end - 20) continue
    const record = viewOf(await source.read(at, 56))
    if (record.getUint32(0, true) !== signatures.end64) continue
    return { at, count: long(record, 32), bytes: long(record, 40), offset: long(record, 48), is64: true }
  }
  throw new Error('its ZIP64 end record is not where it should be: it is damaged')
}

/** Where the directory begins, and how far the file's offsets are off (data in front of the zip, as of a program). */
async function whereItBegins(source: ByteSource, end: EndRecord): Promise<{ start: number; shift: number }> {
  const start = end.at - end.bytes
  if (end.bytes > limits.directoryBytes) throw new Error(`its directory has ${end.bytes} bytes`)
  const shift = start - end.offset
  if (start < 0 || shift < 0) throw new Error('its directory is not where it should be: it is damaged or cut short')
  if (end.bytes > 0) {
    const first = viewOf(await source.read(start, Math.min(4, end.bytes)))
    if (first.byteLength < 4 || first.getUint32(0, true) !== signatures.entry) {
      throw new Error('its directory is not where it should be: it is damaged')
    }
  }
  return { start, shift: !end.is64 && shift % 2 ** 32 === 0 ? 0 : shift }
}

function entryAt(bytes: Uint8Array, at: number): { entry: ZipEntry; next: number } {
  const view = viewOf(bytes)
  const damaged = () => new Error(`its directory is damaged at byte ${at}`)
  if (at + 46 > bytes.length) throw damaged()
  const nameEnd = at + 46 + view.getUint16(at + 28, true)
  const extraEnd = nameEnd + view.getUint16(at + 30, true)
  const next = extraEnd + view.getUint16(at + 32, true)
  if (next > bytes.length) throw damaged()
  const rawName = bytes.slice(at + 46, nameEnd)
  const extra = bytes.subarray(nameEnd, extraEnd)
  const { text, certain } = zipName(rawName, extra)
  const fields = [24, 20, 42].map(offset => view.getUint32(at + offset, true))
  const [size, packedBytes, header] = widened(fields, extra) as [number, number, number]
  const entry = {
    ...{ name: text, certainName: certain, rawName },
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc32: view.getUint32(at + 16, true),
    ...{ packedBytes, bytes: size, header, wraps: fields[2] === header },
  }
  return { entry, next }
}

/** Numbers that do not fit into 32 bits are in the ZIP64 extra field, in this order. */
function widened(fields: readonly number[], extra: Uint8Array): number[] {
  if (!fields.includes(unknown32)) return [...fields]
  const view = viewOf(extra)
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue
    const end = Math.min(at + 4 + view.getUint16(at + 2, true), extra.length)
    let next = at + 4
    return fields.map(field => {
      if (field !== unknown32 || next + 8 > end) return field
      next += 8
      return long(view, next - 8)
    })
  }
  return [...fields]
}

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function long(view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true))
  if (!Number.isSafeInteger(value)) throw new Error('it states a size beyond any file')
  return value
}
