/**
 * Reads a PNG sent by a client. The size in its header is compared with the model's before anything is decompressed, and
 * decompression stops at the number of bytes of an image of that size, so a small body cannot take much memory.
 */
import { inflateSync } from 'node:zlib'
import { type ImageShape, MixflowError, type PlanarImage } from '@mixflow/core'
import { type ClampedBytes, imageNumbers } from '@mixflow/core/internal'
import { convertIndexedToRgb, type DecodedPng, decode } from 'fast-png'

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
/** Colour type: indices of a palette. */
const indexed = 3
const samplesPerPixel: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

/**
 * Decodes an image to planar values in [-1, 1] with the model's channels: colours become grey by Rec. 601, grey becomes colours,
 * transparency is kept for models of four channels only.
 *
 * @param png a PNG file of the model's height and width, not interlaced
 * @throws MixflowError REQUEST_INVALID for another size, or an invalid or interlaced PNG
 */
export function readPng(png: Buffer, shape: ImageShape): PlanarImage {
  const plain = plainPng(png, shape)
  const { channels, height, width } = shape
  const rgba = rgbaOf(decoded(plain))
  return { channels, height, width, data: imageNumbers({ height, width, data: rgba }, shape) }
}

/** Maximum size of a PNG file with an image of a size: 16 bits for each of four channels, and room for colour profiles. */
export const mostPngBytes = ({ height, width }: Pick<ImageShape, 'height' | 'width'>): number =>
  height * (1 + 8 * width) + 64 * 1024

/** Keeps the chunks that define pixels, checked against the size, and drops profiles and texts, which could be large. */
function plainPng(png: Buffer, { height, width }: ImageShape): Buffer {
  if (png.length < 33 || !png.subarray(0, 8).equals(signature) || png.toString('latin1', 12, 16) !== 'IHDR') {
    throw notPng('its signature or header is missing')
  }
  const [w, h, depth, colorType, interlaced] = [
    png.readUInt32BE(16),
    png.readUInt32BE(20),
    png[24]!,
    png[25]!,
    png[28]!,
  ]
  if (w !== width || h !== height) {
    throw invalid(
      `image is ${h} × ${w} pixels (height × width); the model's images are ${height} × ${width}`,
      `resize it to ${height} × ${width}`,
    )
  }
  const samples = samplesPerPixel[colorType]
  if (samples === undefined || ![1, 2, 4, 8, 16].includes(depth)) throw notPng('its header is invalid')
  if (interlaced !== 0)
    throw invalid('image is an interlaced PNG, which is not supported', 'save it without interlacing')
  const chunks: Buffer[] = [png.subarray(0, 8)]
  const data: Buffer[] = []
  for (let at = 8, type = ''; type !== 'IEND'; ) {
    if (at + 12 > png.length) throw notPng('it is incomplete')
    const end = at + 12 + png.readUInt32BE(at)
    type = png.toString('latin1', at + 4, at + 8)
    if (end > png.length) throw notPng('it is incomplete')
    if (['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'].includes(type)) chunks.push(png.subarray(at, end))
    if (type === 'IDAT') data.push(png.subarray(at + 8, end - 4))
    at = end
  }
  const expected = h * (1 + Math.ceil((w * samples * depth) / 8))
  if (inflatedBytes(Buffer.concat(data), expected) !== expected)
    throw notPng(`its data do not have the length of ${h} × ${w} pixels`)
  return Buffer.concat(chunks)
}

/** Length of the inflated data; NaN if it is longer than expected or cannot be inflated. */
function inflatedBytes(data: Buffer, expected: number): number {
  try {
    return inflateSync(data, { maxOutputLength: expected }).length
  } catch {
    return Number.NaN
  }
}

function decoded(png: Buffer): DecodedPng {
  try {
    const image = decode(png, { checkCrc: true })
    if (image.palette === undefined && png[25] === indexed) throw new Error('its palette is missing')
    if (png[25] !== indexed) return image
    const channels = image.palette![0]!.length as 3 | 4
    return { ...image, channels, depth: 8, data: convertIndexedToRgb(image) }
  } catch (error) {
    throw notPng((error as Error).message)
  }
}

/** Returns RGBA bytes; 16-bit samples are rounded, samples below 8 bits are scaled up. */
function rgbaOf({ width, height, channels, depth, data }: DecodedPng): ClampedBytes {
  const line = data.length / height
  const largest = 2 ** depth - 1
  const sample = (row: number, i: number): number => {
    const perByte = depth < 8 ? 8 / depth : 1
    const value = data[row * line + Math.floor(i / perByte)]!
    const shifted = depth < 8 ? value >> (8 - depth * ((i % perByte) + 1)) : value
    return (255 * (shifted & largest)) / largest
  }
  const hasAlpha = channels === 2 || channels === 4
  const colors = channels - (hasAlpha ? 1 : 0)
  return Uint8ClampedArray.from({ length: 4 * width * height }, (_, at) => {
    const [pixel, c] = [Math.floor(at / 4), at % 4]
    const [row, column] = [Math.floor(pixel / width), pixel % width]
    if (c === 3 && !hasAlpha) return 255
    return sample(row, column * channels + (c === 3 ? colors : Math.min(c, colors - 1)))
  })
}

const invalid = (message: string, hint: string) =>
  new MixflowError('REQUEST_INVALID', message, { hint, details: { key: 'image' } })

const notPng = (why: string) => invalid(`image is not a readable PNG: ${why}`, 'send a PNG file in base64')
