/**
 * The zip files that PyTorch writes, read in place: entries are stored, never compressed, so no byte of the file can
 * become more than one. Everything that the directory says is checked against the entries themselves before any is
 * read, and each entry's CRC when it is. Nothing is written to disk, so names can do no harm.
 *
 * After PKWARE's APPNOTE 6.3. Left out, and refused: compression, encryption, several disks, data before or between.
 */

import { throwIfAborted } from '@mixflow/core'
import { crc32 } from '@mixflow/files'
import type { ByteSource } from './byte-source.ts'
import { type RefusalReason, refusal } from './refuse.ts'

export interface ZipEntry {
  readonly name: string
  readonly size: number
  readonly crc32: number
  /** Where its bytes begin in the file. */
  readonly offset: number
}

export interface ZipArchive {
  readonly entries: ReadonlyMap<string, ZipEntry>
  /** Bytes from … to of an entry; all of it is gone through, in pieces, for its sum. */
  read(entry: ZipEntry, range?: { readonly from: number; readonly to: number }): Promise<Uint8Array>
}

/** Of entries, and bytes of the directory: a hundred times what the paper's networks need. */
const limits = { entries: 200_000, directoryBytes: 2 ** 26 } as const
const pieceBytes = 2 ** 20

export interface ZipOptions {
  readonly signal?: AbortSignal | undefined
  /** Told of the names before anything else is looked at; may throw. */
  readonly onNames?: (names: readonly string[]) => void
}

/** @throws MixflowError CHECKPOINT_INVALID with a `zip-…` reason, or `not-an-archive` */
export async function openZip(source: ByteSource, { signal, onNames }: ZipOptions = {}) {
  const zip = reader(source)
  const directory = await zip.directory()
  onNames?.(directory.listed.map(({ name }) => name))
  for (const { name, method } of directory.listed) {
    if (method === 0) continue
    throw zip.refuse(
      'zip-compressed',
      `has the compressed entry ${show(name)}`,
      'unpack it, and pack it again without compression: zip -0 -r <file> <folder>',
    )
  }
  const entries = new Map<string, ZipEntry>()
  let end = 0
  for (const listed of [...directory.listed].sort((a, b) => a.header - b.header)) {
    throwIfAborted(signal)
    const offset = await zip.dataOffset(listed)
    if (listed.header < end) throw zip.refuse('zip-overlap', `has the entry ${show(listed.name)} inside another`)
    end = offset + listed.size
    if (end > directory.offset) {
      throw zip.refuse('zip-size', `has the entry ${show(listed.name)} of ${listed.size} bytes, more than there are`)
    }
    if (entries.has(listed.name)) throw zip.refuse('zip-duplicate', `has the entry ${show(listed.name)} twice`)
    entries.set(listed.name, { name: listed.name, size: listed.size, crc32: listed.crc32, offset })
  }

  const checked = new Set<string>()
  const archive: ZipArchive = {
    entries,
    async read({ name, size, offset, crc32: expected }, { from, to } = { from: 0, to: size }) {
      if (checked.has(name)) return source.read(offset + from, to - from)
      const wanted = new Uint8Array(to - from)
      let sum = 0
      for (let at = 0; at < size; at += pieceBytes) {
        throwIfAborted(signal)
        const piece = await source.read(offset + at, Math.min(pieceBytes, size - at))
        sum = crc32(piece, sum)
        const [first, last] = [Math.max(from, at), Math.min(to, at + piece.length)]
        if (first < last) wanted.set(piece.subarray(first - at, last - at), first - from)
      }
      if (sum !== expected) throw zip.refuse('zip-crc', `has the entry ${show(name)} with another CRC than it states`)
      checked.add(name)
      return wanted
    },
  }
  return archive
}

/** An entry as the directory lists it. */
interface Listed {
  readonly name: string
  readonly size: number
  readonly crc32: number
  readonly flags: number
  /** Of compression; 0: stored. */
  readonly method: number
  /** Where its local header begins. */
  readonly header: number
}

const signature = { end: 0x06054b50, end64: 0x06064b50, locator64: 0x07064b50, listed: 0x02014b50, local: 0x04034b50 }
const unknown32 = 0xffffffff
const utf8 = new TextDecoder('utf-8', { fatal: true })
const show = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 79)}…` : name)

function reader(source: ByteSource) {
  const refuse = (reason: RefusalReason, message: string, hint?: string) =>
    refusal(message, { file: source.name, reason, ...(hint === undefined ? {} : { hint }) })

  /** Bytes that must be there. */
  const view = async (offset: number, length: number): Promise<DataView> => {
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + length > source.size) {
      throw refuse('zip-truncated', `points to byte ${offset}, and has ${source.size}: it is cut short or damaged`)
    }
    const bytes = await source.read(offset, length)
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  async function directory(): Promise<{ offset: number; listed: readonly Listed[] }> {
    const { at, bytes, entries, offset } = await lastRecord()
    if (entries > limits.entries || bytes > limits.directoryBytes) {
      throw refuse('zip-entries', `lists ${entries} entries in ${bytes} bytes; at most ${limits.entries} are read`)
    }
    if (offset + bytes !== at || entries * 46 > bytes) {
      throw refuse('zip-directory', 'has a directory that is not where it should be, or of another size')
    }
    const found = await view(offset, bytes)
    const listed: Listed[] = []
    let next = 0
    while (next < bytes) {
      const entry = listedAt(found, next)
      listed.push(entry.listed)
      next = entry.next
    }
    if (listed.length !== entries) throw refuse('zip-directory', `lists ${listed.length} entries, and says ${entries}`)
    return { offset, listed }
  }

  /** The end record: the last bytes of the file, but for a comment; its 64-bit form where there is one. */
  async function lastRecord() {
    const start = await view(0, Math.min(4, source.size))
    if (source.size < 22 || start.getUint32(0, true) !== signature.local) {
      throw refuse(
        'not-an-archive',
        'is neither a checkpoint of PyTorch nor safetensors',
        'give a .ckpt that torch.save wrote, or a .safetensors',
      )
    }
    const length = Math.min(source.size, 22 + 0xffff)
    const tail = await view(source.size - length, length)
    for (let i = length - 22; i >= 0; i--) {
      if (tail.getUint32(i, true) !== signature.end || i + 22 + tail.getUint16(i + 20, true) !== length) continue
      if (tail.getUint16(i + 4, true) !== 0 || tail.getUint16(i + 6, true) !== 0) {
        throw refuse('zip-multi-disk', 'is a part of an archive of several disks')
      }
      const at = source.size - length + i
      return (
        (await record64(at)) ?? {
          at,
          entries: tail.getUint16(i + 10, true),
          bytes: tail.getUint32(i + 12, true),
          offset: tail.getUint32(i + 16, true),
        }
      )
    }
    throw refuse('zip-truncated', 'has no end of a zip archive: it is cut short', 'download or copy it again')
  }

  async function record64(end: number) {
    if (end < 20) return undefined
    const locator = await view(end - 20, 20)
    if (locator.getUint32(0, true) !== signature.locator64) return undefined
    const at = long(locator, 8)
    const record = await view(at, 56)
    if (record.getUint32(0, true) !== signature.end64 || at + 12 + long(record, 4) !== end - 20) {
      throw refuse('zip-directory', 'has a 64-bit end record that is not where it should be')
    }
    return { at, entries: long(record, 32), bytes: long(record, 40), offset: long(record, 48) }
  }

  function long(data: DataView, at: number): number {
    const value = data.getUint32(at, true) + 2 ** 32 * data.getUint32(at + 4, true)
    if (Number.isSafeInteger(value)) return value
    throw refuse('zip-size', 'states a size beyond any file')
  }

  function listedAt(data: DataView, at: number): { listed: Listed; next: number } {
    const damaged = () => refuse('zip-directory', `has a directory that is damaged at its byte ${at}`)
    if (at + 46 > data.byteLength || data.getUint32(at, true) !== signature.listed) throw damaged()
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map(i => data.getUint16(at + i, true)) as [
      number,
      number,
      number,
    ]
    const next = at + 46 + nameBytes + extraBytes + commentBytes
    if (next > data.byteLength) throw damaged()
    const name = text(data, at + 46, nameBytes)
    const flags = data.getUint16(at + 8, true)
    if (flags & 1) throw refuse('zip-encrypted', `has the encrypted entry ${show(name)}`)
    const extra = new DataView(data.buffer, data.byteOffset + at + 46 + nameBytes, extraBytes)
    const fields = [24, 20, 42].map(i => data.getUint32(at + i, true))
    const [size, packed, header] = widened(fields, extra) as [number, number, number]
    if (size !== packed && data.getUint16(at + 10, true) === 0)
      throw refuse('zip-size', `has the entry ${show(name)} with two sizes, ${size} and ${packed}`)
    return {
      listed: {
        name,
        size,
        flags,
        header,
        method: data.getUint16(at + 10, true),
        crc32: data.getUint32(at + 16, true),
      },
      next,
    }
  }

  /** Numbers that did not fit stand in the extra field, in this order. */
  function widened(fields: readonly number[], extra: DataView): number[] {
    if (!fields.includes(unknown32)) return [...fields]
    for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
      if (extra.getUint16(at, true) !== 1) continue
      let next = at + 4
      const end = next + extra.getUint16(at + 2, true)
      return fields.map(field => {
        if (field !== unknown32) return field
        if (next + 8 > Math.min(end, extra.byteLength))
          throw refuse('zip-entry', 'has an entry without its 64-bit size')
        next += 8
        return long(extra, next - 8)
      })
    }
    throw refuse('zip-entry', 'has an entry without its 64-bit size')
  }

  function text(data: DataView, at: number, length: number): string {
    try {
      return utf8.decode(new Uint8Array(data.buffer, data.byteOffset + at, length))
    } catch (cause) {
      throw refusal('has an entry whose name is no text', { file: source.name, reason: 'zip-name', cause })
    }
  }

  /** Where an entry's bytes begin, its local header telling the same as the directory. */
  async function dataOffset({ name, header, size, flags, crc32: sum }: Listed): Promise<number> {
    const local = await view(header, 30)
    const nameBytes = local.getUint16(26, true)
    const differs = () => refuse('zip-local', `says two things of the entry ${show(name)}`)
    if (local.getUint32(0, true) !== signature.local || local.getUint16(8, true) !== 0) throw differs()
    const named = await view(header + 30, nameBytes)
    if (text(named, 0, nameBytes) !== name || local.getUint16(6, true) !== flags) throw differs()
    // sum and sizes may follow the data instead (bit 3), or stand in the extra field
    const stated = [local.getUint32(14, true), local.getUint32(18, true), local.getUint32(22, true)]
    const free = (flags & 8) !== 0 ? [0, unknown32] : [unknown32]
    const wanted = [sum, size, size]
    if (stated.some((value, i) => value !== wanted[i] && !free.includes(value))) throw differs()
    return header + 30 + nameBytes + local.getUint16(28, true)
  }

  return { directory, dataOffset, refuse }
}
