/**
 * The bytes of a zip entry, or its first ones. The directory's description of an entry is compared with its local header, the
 * size with what is unpacked, and both with the CRC: other bytes than were packed are never returned.
 *
 * Stored and deflated entries are read, which every program writes. An entry can claim to be small and not be: unpacking
 * stops at the claimed size.
 */
import { promisify } from 'node:util'
import { constants, inflateRaw, inflateRawSync } from 'node:zlib'
import { crc32 } from '@mixflow/core/internal'
import type { ByteSource } from '../byte-source.ts'
import { signatures, viewOf, type ZipEntry, ZipError } from './zip-directory.ts'

const methods = { stored: 0, deflated: 8 } as const
const inflate = promisify(inflateRaw)

/** Reads an entry whole. @throws ZipError; what `source.read` throws */
export async function readZipEntry(source: ByteSource, entry: ZipEntry): Promise<Uint8Array> {
  const { data } = await locateZipEntry(source, entry)
  const packed = await source.read(data, entry.packedBytes)
  const bytes = entry.method === methods.stored ? packed : await inflated(packed, entry.bytes)
  if (bytes.length !== entry.bytes) {
    throw new ZipError('size', `unpacks to ${bytes.length} bytes, not to the ${entry.bytes} that the zip states`)
  }
  if (crc32(bytes) !== entry.crc32)
    throw new ZipError('crc', 'does not have the CRC that the zip states: it is damaged')
  return bytes
}

/** Reads at most `length` first bytes of an entry, without verifying them: enough to recognise its format. */
export async function readZipHead(source: ByteSource, entry: ZipEntry, length: number): Promise<Uint8Array> {
  const { data } = await locateZipEntry(source, entry)
  const packed = await source.read(data, Math.min(entry.packedBytes, 4 * length + 64))
  if (entry.method === methods.stored) return packed.subarray(0, length)
  // finishFlush: the input may end before the stream does
  return inflateRawSync(packed, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 2 ** 24 }).subarray(0, length)
}

async function inflated(packed: Uint8Array, length: number): Promise<Uint8Array> {
  try {
    return await inflate(packed, { maxOutputLength: length + 1 })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ZipError('size', `unpacks to more than the ${length} bytes that the zip states`, { cause })
    }
    throw new ZipError('crc', `is damaged: ${(cause as Error).message}`, { cause })
  }
}

/**
 * Finds an entry in the file: the offsets of its local header and of its data. An offset that wrapped at 4 GiB is the first at
 * which the entry's local header stands.
 *
 * @throws ZipError `encrypted`, `method`, or `local` where the local header differs from the directory
 */
export async function locateZipEntry(
  source: ByteSource,
  entry: ZipEntry,
): Promise<{ readonly header: number; readonly data: number }> {
  if (entry.flags & 1) throw new ZipError('encrypted', 'is encrypted')
  if (entry.method !== methods.stored && entry.method !== methods.deflated) {
    throw new ZipError('method', `is compressed by method ${entry.method}: pack it with Deflate`)
  }
  for (let at = entry.header; at + 30 <= source.size; at += 2 ** 32) {
    const header = viewOf(await source.read(at, 30))
    const nameBytes = header.getUint16(26, true)
    const data = at + 30 + nameBytes + header.getUint16(28, true)
    if (data + entry.packedBytes <= source.size && header.getUint32(0, true) === signatures.local) {
      const name = await source.read(at + 30, nameBytes)
      if (Buffer.compare(name, entry.rawName) === 0 && agrees(header, entry)) return { header: at, data }
    }
    if (!entry.wraps) break
  }
  throw new ZipError('local', 'is described differently by the directory and its local header: the zip is damaged')
}

/** CRC and sizes may follow the data instead (bit 3), or stand in the ZIP64 extra field. */
function agrees(header: DataView, { flags, method, crc32, packedBytes, bytes }: ZipEntry): boolean {
  if (header.getUint16(8, true) !== method || (header.getUint16(6, true) ^ flags) & 1) return false
  const expected = [crc32, packedBytes, bytes]
  const follows = (header.getUint16(6, true) & 8) !== 0
  return [14, 18, 22].every((at, i) => {
    const stated = header.getUint32(at, true)
    return stated === expected[i] || (follows && stated === 0) || (i > 0 && stated === 0xffffffff)
  })
}
