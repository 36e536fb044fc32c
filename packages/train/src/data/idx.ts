/**
 * The idx format of MNIST: a big-endian header with the dimensions, then the numbers.
 *
 *     byte 0, 1   zero        byte 2   type, 0x08 = unsigned byte        byte 3   number of dimensions
 *     4 bytes per dimension, then product(dimensions) bytes
 *
 * Plain or gzipped, detected by the first bytes. Of the seven types, only unsigned bytes are supported, which all image sets in
 * this format use. Sizes are checked before memory is allocated: a gzip is not unpacked beyond the size in its header, and the
 * header is refused if that size is implausible for the file.
 */
import { stat } from 'node:fs/promises'
import { constants, createGunzip, gunzip } from 'node:zlib'
import { MixflowError } from '@mixflow/core'
import { readRegularFile } from '@mixflow/files'

export interface IdxArray {
  /** Sizes of the dimensions, outermost first; all at least 1. */
  readonly dims: readonly number[]
  /** The numbers, product(dims) of them. */
  readonly data: Uint8Array
}

/** Largest unpacked file: 2 GiB. */
const maxBytes = 2 ** 31
/** Largest ratio of unpacked to packed size. Digits have about 5; blank images and bombs about 1000. */
const maxRatio = 200
/** Up to this size, any ratio is allowed. */
const unsuspiciousBytes = 2 ** 26

/**
 * Reads one idx file, plain or gzipped.
 *
 * @param path file
 * @param dimensions how many dimensions it must have: 3 for images (idx3), 1 for labels (idx1)
 * @throws MixflowError DATA_INVALID if it is not such a file, is truncated or has extra bytes; system errors pass
 */
export async function readIdx(path: string, dimensions: number): Promise<IdxArray> {
  const { size } = await stat(path)
  if (size > maxBytes)
    throw new MixflowError('DATA_INVALID', `${path} has ${size} bytes, more than the limit of ${maxBytes}`)
  return parseIdx(await readRegularFile(path), { what: path, dimensions })
}

/** As `readIdx`, of bytes in memory; `what` names them in messages. */
export async function parseIdx(
  bytes: Uint8Array,
  { what, dimensions }: { readonly what: string; readonly dimensions: number },
): Promise<IdxArray> {
  const invalid = (message: string, cause?: unknown) =>
    new MixflowError('DATA_INVALID', `${what} is not a complete idx${dimensions} file: ${message}`, {
      hint: 'expected unsigned bytes in the format of MNIST, plain or gzipped; download it again',
      cause,
    })
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b
  const headerLength = 4 + 4 * dimensions
  try {
    const header = zipped ? await gunzipStart(bytes, headerLength) : bytes.subarray(0, headerLength)
    const dims = parseHeader(header, dimensions)
    const total = headerLength + dims.reduce((product, size) => product * size, 1)
    const most = zipped ? Math.min(maxBytes, Math.max(unsuspiciousBytes, bytes.length * maxRatio)) : bytes.length
    if (total > most)
      throw new Error(`its header implies ${total} bytes (${dims.join(' x ')}), the file can hold at most ${most}`)
    const all = zipped ? await gunzipWhole(bytes, total) : bytes
    if (all.length !== total) {
      throw new Error(`its header implies ${total} bytes (${dims.join(' x ')}), found ${all.length}`)
    }
    return { dims, data: all.subarray(headerLength) }
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error), error)
  }
}

function parseHeader(header: Uint8Array, dimensions: number): number[] {
  if (header.length < 4 + 4 * dimensions) throw new Error(`it ends within the header, after ${header.length} bytes`)
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength)
  const magic = view.getUint32(0)
  const expected = 0x800 + dimensions
  if (magic !== expected) throw new Error(`it begins with 0x${hex(magic)}, expected 0x${hex(expected)}`)
  const dims = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i))
  if (dims.includes(0)) throw new Error(`a dimension is 0 (${dims.join(' x ')})`)
  return dims
}

const hex = (word: number) => word.toString(16).padStart(8, '0')

/** The first `length` unpacked bytes (or fewer), without unpacking the rest. */
async function gunzipStart(bytes: Uint8Array, length: number): Promise<Uint8Array> {
  const unzip = createGunzip({ chunkSize: constants.Z_MIN_CHUNK + 1024 })
  unzip.end(bytes)
  let start = Buffer.alloc(0)
  for await (const chunk of unzip) {
    start = Buffer.concat([start, chunk])
    if (start.length >= length) break
  }
  return start.subarray(0, length)
}

/** Unpacks everything; an error if there are more than `total` bytes. */
function gunzipWhole(bytes: Uint8Array, total: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // `info` reports the packed bytes read, because zlib ignores bytes after the stream
    gunzip(bytes, { maxOutputLength: total, info: true }, (error, result) => {
      if (error) {
        const tooLong = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
        reject(tooLong ? new Error(`it unpacks to more than the ${total} bytes that its header implies`) : error)
        return
      }
      const { buffer, engine } = result as unknown as { buffer: Buffer; engine: { bytesWritten: number } }
      const rest = bytes.length - engine.bytesWritten
      if (rest > 0) reject(new Error(`${rest} bytes follow the end of the gzip stream`))
      else resolve(buffer)
    })
  })
}
