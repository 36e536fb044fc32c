/**
 * Images of Netpbm: bitmaps (PBM, P1 and P4), grey (PGM, P2 and P5) and colour (PPM, P3 and P6), as text or as bytes, with samples of up to
 * 16 bits. Of a file with several images the first is read.
 *
 * Source: the manual pages pbm(5), pgm(5) and ppm(5). Left out: PAM (P7) and PFM (Pf, PF).
 */

import { toByte, type UncompressedImage } from './uncompressed-image.ts'

/** Longest header that is looked through, comments included. */
const mostHeaderBytes = 65_536

/** Reads the header of a Netpbm image. Throws an Error that says what is wrong with it. */
export function netpbm(file: Uint8Array): UncompressedImage {
  const kind = (file[1] ?? 0) - 0x30
  if (file[0] !== 0x50 || kind < 1 || kind > 6) throw new Error('it does not begin as PBM, PGM or PPM')
  const numbers = numbersIn(file, 2, mostHeaderBytes)
  const [width, height] = [numbers.next('width'), numbers.next('height')]
  if (width === 0 || height === 0) throw new Error(`PPM with ${width}x${height} pixels`)
  const isBitmap = kind === 1 || kind === 4
  const maximum = isBitmap ? 1 : numbers.next('largest value')
  if (maximum < 1 || maximum > 65_535) throw new Error(`PPM with the largest value ${maximum}, expected 1 to 65535`)
  const channels = kind === 3 || kind === 6 ? 3 : 1
  const isText = kind <= 3
  const sampleBytes = isText ? 1 : maximum > 255 ? 2 : 1
  const count = width * height * channels
  // text has at least a digit and, but for bitmaps, a space for each sample
  const needed = kind === 4 ? height * Math.ceil(width / 8) : isText && kind !== 1 ? 2 * count - 1 : count * sampleBytes
  const at = numbers.at + 1
  const missing = at + needed - file.length
  if (missing > 0) throw new Error(`PPM of ${width}x${height} pixels is cut short: ${missing} bytes are missing`)
  if (!isSpace(file[numbers.at]!)) throw new Error('PPM without a space after its header')
  const raster = { file, at, width, height, count, maximum }
  const read = kind === 4 ? bits : kind === 1 ? digits : isText ? text : binary
  return { width, height, channels, pixels: () => read(raster) }
}

const isSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)

function numbersIn(file: Uint8Array, start: number, most: number) {
  const end = Math.min(file.length, start + most)
  let at = start
  return {
    /** Offset after the last number. */
    get at(): number {
      return at
    },
    /** The next number in decimal, after spaces and comments. */
    next(what: string): number {
      const before = at
      while (at < end && (isSpace(file[at]!) || file[at] === 0x23)) {
        if (file[at] === 0x23) while (at < end && file[at] !== 0x0a && file[at] !== 0x0d) at++
        else at++
      }
      const from = at
      let value = 0
      while (at < end && file[at]! >= 0x30 && file[at]! <= 0x39 && at - from < 10)
        value = 10 * value + file[at++]! - 0x30
      if (at === from || from === before) throw new Error(`PPM without a number for its ${what} (byte ${at})`)
      return value
    },
  }
}

interface Raster {
  readonly file: Uint8Array
  readonly at: number
  readonly width: number
  readonly height: number
  readonly count: number
  readonly maximum: number
}

/** 1 is black. */
function bits({ file, at, width, height }: Raster): Uint8Array {
  const out = new Uint8Array(width * height)
  const rowBytes = Math.ceil(width / 8)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = (file[at + y * rowBytes + (x >> 3)]! >> (7 - (x & 7))) & 1
      out[y * width + x] = bit === 1 ? 0 : 255
    }
  }
  return out
}

/** 0 and 1, with or without spaces between. */
function digits({ file, at: start, count }: Raster): Uint8Array {
  const out = new Uint8Array(count)
  let at = start
  for (let i = 0; i < count; i++) {
    while (at < file.length && isSpace(file[at]!)) at++
    const digit = file[at++]
    if (digit !== 0x30 && digit !== 0x31) throw new Error(`PPM without a 0 or 1 for pixel ${i} (byte ${at - 1})`)
    out[i] = digit === 0x31 ? 0 : 255
  }
  return out
}

function text({ file, at, count, maximum }: Raster): Uint8Array {
  const table = toByte(maximum)
  const numbers = numbersIn(file, at - 1, file.length)
  return Uint8Array.from({ length: count }, (_, i) => byteOf(numbers.next(`sample ${i}`), table))
}

function binary({ file, at, count, maximum }: Raster): Uint8Array {
  const table = toByte(maximum)
  const out = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    out[i] = byteOf(maximum > 255 ? file[at + 2 * i]! * 256 + file[at + 2 * i + 1]! : file[at + i]!, table)
  }
  return out
}

function byteOf(sample: number, table: Uint8Array): number {
  const byte = table[sample]
  if (byte === undefined) throw new Error(`PPM with the sample ${sample}, above the largest value ${table.length - 1}`)
  return byte
}
