/**
 * Windows bitmaps: 1, 4 and 8 bits per pixel with a palette, 16, 24 and 32 bits with or without masks (bitfields), rows bottom-up or
 * top-down. Headers of OS/2 1.x (12 bytes) and of Windows 3.1 to 5 (40 to 124 bytes).
 *
 * Without masks, the fourth byte of 32 bits is unused. With a mask for alpha whose values are all 0, the image is opaque, as in browsers.
 *
 * Source: Microsoft, BITMAPFILEHEADER, BITMAPINFOHEADER and BITMAPV5HEADER. Left out: run-length coding, embedded JPEG and PNG, colour
 * profiles.
 */

import { toByte, type UncompressedImage } from './uncompressed-image.ts'

const headerSizes: readonly number[] = [12, 40, 52, 56, 64, 108, 124]
const depths: readonly number[] = [1, 4, 8, 16, 24, 32]
const compressions: readonly string[] = ['none', 'RLE8', 'RLE4', 'bitfields', 'JPEG', 'PNG', 'bitfields with alpha']

interface Header {
  readonly width: number
  readonly height: number
  readonly isTopDown: boolean
  readonly depth: number
  /** Whether the masks stand in the file. */
  readonly hasMasks: boolean
  /** Where the masks or, without them, the palette begins. */
  readonly masksAt: number
  readonly maskCount: 0 | 3 | 4
  readonly paletteAt: number
  /** Bytes of a colour of the palette. */
  readonly entryBytes: 3 | 4
  readonly colours: number
  /** Where the pixels begin. */
  readonly pixelsAt: number
}

/** Reads the header of a BMP. Throws an Error that says what is wrong with it. */
export function bmp(file: Uint8Array): UncompressedImage {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const header = headerOf(view)
  const { width, height, depth, pixelsAt } = header
  const rowBytes = 4 * Math.ceil((width * depth) / 32)
  const missing = pixelsAt + height * rowBytes - file.length
  if (missing > 0) throw new Error(`BMP of ${width}x${height} pixels is cut short: ${missing} bytes are missing`)
  const rows = { ...header, rowBytes, file, view }
  return { width, height, ...(depth <= 8 ? indexed(rows) : depth === 24 ? bytes24(rows) : masked(rows)) }
}

function headerOf(view: DataView): Header {
  const size = view.byteLength >= 26 ? view.getUint32(14, true) : 0
  if (!headerSizes.includes(size)) throw new Error(`BMP with a header of ${size} bytes, which is unknown`)
  if (view.byteLength < 14 + size) throw new Error('BMP is cut short in its header')
  const isOs2 = size === 12
  const width = isOs2 ? view.getUint16(18, true) : view.getInt32(18, true)
  const signedHeight = isOs2 ? view.getUint16(20, true) : view.getInt32(22, true)
  const planes = view.getUint16(isOs2 ? 22 : 26, true)
  const depth = view.getUint16(isOs2 ? 24 : 28, true)
  const compression = isOs2 ? 0 : view.getUint32(30, true)
  const height = Math.abs(signedHeight)
  if (width <= 0 || height === 0) throw new Error(`BMP with ${width}x${height} pixels`)
  if (planes !== 1) throw new Error(`BMP with ${planes} planes, expected 1`)
  if (!depths.includes(depth)) throw new Error(`BMP with ${depth} bits per pixel, expected ${depths.join(', ')}`)
  const hasMasks = compression === 3 || compression === 6
  if (compression !== 0 && !(hasMasks && (depth === 16 || depth === 32))) {
    const name = compressions[compression] ?? `kind ${compression}`
    throw new Error(`BMP of ${depth} bits with compression ${name}: save it without compression`)
  }
  // masks are part of the larger headers, and follow the one of 40 bytes
  const inHeader = size >= 56 ? 4 : size === 52 ? 3 : 0
  const maskCount = !hasMasks ? 0 : size === 40 ? (compression === 6 ? 4 : 3) : size === 64 ? 0 : (inHeader as 3 | 4)
  if (hasMasks && maskCount === 0) throw new Error('BMP of OS/2 with compression: save it without compression')
  const paletteAt = 14 + size + (size === 40 ? 4 * maskCount : 0)
  const entryBytes = isOs2 ? 3 : 4
  const listed = isOs2 ? 0 : view.getUint32(46, true)
  const colours = depth > 8 ? 0 : listed === 0 ? 2 ** depth : listed
  if (colours > 2 ** depth) throw new Error(`BMP of ${depth} bits with ${colours} colours`)
  const pixelsAt = view.getUint32(10, true)
  if (pixelsAt < paletteAt + colours * entryBytes) throw new Error('BMP whose pixels begin inside its header')
  return {
    ...{ width, height, isTopDown: signedHeight < 0, depth, hasMasks, maskCount, masksAt: 54 },
    ...{ paletteAt, entryBytes, colours, pixelsAt },
  }
}

interface Rows extends Header {
  readonly rowBytes: number
  readonly file: Uint8Array
  readonly view: DataView
}

type Pixels = Pick<UncompressedImage, 'channels' | 'pixels'>

/** Calls `put` for each pixel, in the order of the output, with the offset of its row. */
function eachPixel(rows: Rows, put: (row: number, x: number, out: number) => void): void {
  const { width, height, isTopDown, pixelsAt, rowBytes } = rows
  for (let y = 0, out = 0; y < height; y++) {
    const row = pixelsAt + (isTopDown ? y : height - 1 - y) * rowBytes
    for (let x = 0; x < width; x++) put(row, x, out++)
  }
}

function indexed(rows: Rows): Pixels {
  const { width, height, depth, file, paletteAt, entryBytes, colours } = rows
  const palette = Array.from({ length: colours }, (_, i) => {
    const at = paletteAt + i * entryBytes
    return [file[at + 2]!, file[at + 1]!, file[at]!] as const
  })
  const isGrey = palette.every(([r, g, b]) => r === g && g === b)
  const channels = isGrey ? 1 : 3
  const perByte = 8 / depth
  return {
    channels,
    pixels() {
      const out = new Uint8Array(width * height * channels)
      eachPixel(rows, (row, x, at) => {
        const byte = file[row + Math.floor(x / perByte)]!
        const index = (byte >> (8 - depth * ((x % perByte) + 1))) & (2 ** depth - 1)
        const colour = palette[index]
        if (colour === undefined) throw new Error(`BMP with colour ${index} of a palette of ${colours}`)
        for (let c = 0; c < channels; c++) out[at * channels + c] = colour[c]!
      })
      return out
    },
  }
}

function bytes24(rows: Rows): Pixels {
  const { width, height, file } = rows
  return {
    channels: 3,
    pixels() {
      const out = new Uint8Array(width * height * 3)
      eachPixel(rows, (row, x, at) => {
        for (let c = 0; c < 3; c++) out[3 * at + c] = file[row + 3 * x + 2 - c]!
      })
      return out
    },
  }
}

function masked(rows: Rows): Pixels {
  const { width, height, depth, view, hasMasks, maskCount, masksAt } = rows
  const plain = depth === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff]
  const values = hasMasks ? Array.from({ length: maskCount }, (_, i) => view.getUint32(masksAt + 4 * i, true)) : plain
  if (values.length === 4 && values[3] === 0) values.pop()
  const masks = values.map(value => maskOf(value, depth))
  const channels = masks.length as 3 | 4
  return {
    channels,
    pixels() {
      const out = new Uint8Array(width * height * channels)
      let alpha = 0
      eachPixel(rows, (row, x, at) => {
        const pixel = depth === 16 ? view.getUint16(row + 2 * x, true) : view.getUint32(row + 4 * x, true)
        for (let c = 0; c < channels; c++) {
          const { shift, largest, bytes } = masks[c]!
          out[at * channels + c] = bytes[(pixel >>> shift) & largest]!
        }
        if (channels === 4) alpha |= out[at * 4 + 3]!
      })
      if (channels === 4 && alpha === 0) for (let at = 3; at < out.length; at += 4) out[at] = 255
      return out
    },
  }
}

/** How to read a channel: `bytes` maps values of at most 8 bits, to which longer ones are cut. */
function maskOf(mask: number, depth: number) {
  const lowest = mask & -mask
  const shift = 31 - Math.clz32(lowest)
  const bits = 32 - Math.clz32(mask) - shift
  const isRun = mask !== 0 && mask >>> shift === 2 ** bits - 1
  if (!isRun || shift + bits > depth) {
    throw new Error(`BMP with the mask 0x${mask.toString(16)} for ${depth} bits: expected bits in a row`)
  }
  const cut = Math.max(0, bits - 8)
  const largest = 2 ** (bits - cut) - 1
  return { shift: shift + cut, largest, bytes: toByte(largest) }
}
