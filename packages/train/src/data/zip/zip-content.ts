/**
 * The bytes of a zip entry, or its first ones. What the directory says of an entry is compared with its local header, the
 * size with what is unpacked, and both with the CRC: other bytes than were packed are never returned.
 *
 * Stored and deflated entries are read, as every program writes them. An entry can claim to be small and not be: unpacking
 * stops at the claimed size.
 */
import { promisify } from 'node:util'
import { constants, inflateRaw, inflateRawSync } from 'node:zlib'
import { crc32 } from '@mixflow/files'
import type { ByteSource } from './byte-source.ts'
import { signatures, viewOf, type ZipEntry } from './zip-directory.ts'

const methods = { stored: 0, deflated: 8 } as const
const inflate = promisify(inflateRaw)

/** An entry of the zip is refused with an `Error` that says why, to stand behind the entry's name. */
export async function readZipEntry(source: ByteSource, entry: ZipEntry): Promise<Uint8Array> {
  const packed = await source.read(await dataOffset(source, entry), entry.packedBytes)
  const bytes = entry.method === methods.stored ? packed : await inflated(packed, entry.bytes)
  if (bytes.length !== entry.bytes) {
    throw new Error(`unpacks to ${bytes.length} bytes, not to the ${entry.bytes} that the zip states`)
  }
  if (crc32(bytes) !== entry.crc32) throw new Error('the CRC differs: damaged in the zip')
  return bytes
}

/** At most `length` first bytes of an entry, unchecked: to tell what it is. */
export async function readZipHead(source: ByteSource, entry: ZipEntry, length: number): Promise<Uint8Array> {
  const start = await dataOffset(source, entry)
  const packed = await source.read(start, Math.min(entry.packedBytes, 4 * length + 64))
  if (entry.method === methods.stored) return packed.subarray(0, length)
  // finishFlush: the input may end before the stream does
  return inflateRawSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 2 ** 24 }).subarray(0, length)
}

async function inflated(packed: Uint8Array, length: number): Promise<Uint8Array> {
  try {
    return await inflate(packed, { maxOutputLength: length + 1 })
  } catch (cause) {
    const isLarger = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    const message = isLarger ? `too many bytes: the zip states ${length}` : `damaged: ${(cause as Error).message}`
    throw new Error(message, { cause })
  }
}

/** Where an entry's data begin. An offset that wrapped at 4 GiB is the one where the entry's own header stands. */
async function dataOffset(source: ByteSource, entry: ZipEntry): Promise<number> {
  if (entry.flags & 1) throw new Error('is encrypted')
  if (entry.method !== methods.stored && entry.method !== methods.deflated) {
    throw new Error(`is compressed by method ${entry.method}: pack it with Deflate`)
  }
  for (let at = entry.header; at + 30 <= source.size; at += 2 ** 32) {
    const header = viewOf(await source.read(at, 30))
    const nameBytes = header.getUint16(26, true)
    const start = at + 30 + nameBytes + header.getUint16(28, true)
    if (start + entry.packedBytes <= source.size && header.getUint32(0, true) === signatures.local) {
      const name = await source.read(at + 30, nameBytes)
      if (Buffer.compare(name, entry.rawName) === 0 && agrees(header, entry)) return start
    }
    if (!entry.wraps) break
  }
  throw new Error('the zip says one thing in its directory and another beside the data: it is damaged')
}

/** Sum and sizes may follow the data instead (bit 3), or stand in the ZIP64 extra field. */
function agrees(header: DataView, { flags, method, crc32, packedBytes, bytes }: ZipEntry): boolean {
  if (header.getUint16(8, true) !== method || (header.getUint16(6, true) ^ flags) & 1) return false
  const wanted = [crc32, packedBytes, bytes]
  const follows = (header.getUint16(6, true) & 8) !== 0
  return [14, 18, 22].every((at, i) => {
    const stated = header.getUint32(at, true)
    return stated === wanted[i] || (follows && stated === 0) || (i > 0 && stated === 0xffffffff)
  })
}
