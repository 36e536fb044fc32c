/**
 * Decodes an image file (JPEG, PNG, WebP, AVIF, GIF, TIFF with sharp; BMP and PPM here) to planar RGB bytes.
 *
 * In this order: EXIF orientation, conversion to sRGB, resizing, transparency over a background colour. Of an animation, the first
 * frame. Truncated and damaged files are errors, and so are samples of unknown range (floats, 32-bit integers). The memory of all
 * images that are decoded concurrently is limited.
 */

import { MixflowError } from '@mixflow/core'
import { show } from '@mixflow/core/internal'
import sharp, { type Metadata, type Sharp } from 'sharp'
import { kindOfHead } from './image-format.ts'
import { memoryBudget } from './tasks.ts'
import { bmp } from './uncompressed/bmp.ts'
import { netpbm } from './uncompressed/netpbm.ts'
import type { UncompressedImage } from './uncompressed/uncompressed-image.ts'

/**
 * How an image becomes a square: `cover` scales it to fill the square and crops the rest, `contain` scales it to fit and pads it
 * with the background, `crop` cuts out the centre without scaling (and pads a smaller image).
 */
export type Fit = 'cover' | 'contain' | 'crop'

export const fits = ['cover', 'contain', 'crop'] as const satisfies readonly Fit[]

/** Longest edge of the resulting images in pixels. */
export const mostPixels = 4096

export interface DecodeOptions {
  /** Edge of the resulting square in pixels. null keeps the size of the image, up to 4096 pixels per edge. */
  readonly size: number | null
  readonly fit: Fit
  /** Background of transparent images, any CSS colour. */
  readonly background: string
}

export interface DecodedImage {
  readonly height: number
  readonly width: number
  /** Planar RGB bytes [3, height, width]. */
  readonly pixels: Uint8Array
  /** Facts about the file. */
  readonly file: ImageFacts
}

export interface ImageFacts {
  /** `JPEG`, for example. */
  readonly format: string
  /** Pixels, after EXIF orientation. */
  readonly width: number
  readonly height: number
  readonly isGrey: boolean
  readonly isTransparent: boolean
  /** Frames of an animation, or pages of a TIFF. The first is used. */
  readonly frames: number
}

const budget = memoryBudget(768 * 2 ** 20)

/** Decodes one image file. The first line of an error's message says what is wrong with the file. */
export async function decodeImage(file: Uint8Array, options: DecodeOptions): Promise<DecodedImage> {
  const format = formatOf(file)
  const own = format === 'BMP' ? bmp(file) : format === 'PPM' ? netpbm(file) : null
  const metadata = own === null ? await sharp(file, { failOn: 'error' }).metadata() : metadataOf(own)
  checkSamples(metadata, format)
  if (format === 'TIFF' && hasUnknownChannels(file)) {
    throw new Error('TIFF with extra channels that are not transparency: convert it to grey or RGB')
  }
  const { width, height } = metadata.autoOrient
  if (options.size === null && Math.max(width, height) > mostPixels) {
    throw new Error(`${width}x${height} pixels, more than ${mostPixels} per edge: set a size (--size 64)`)
  }
  const cost = decodeCost(metadata, { whole: options.size === null || options.fit === 'crop' })
  if (cost > budget.bytes) throw new Error(tooLarge({ width, height, format, cost }))
  const { data, info } = await budget.run(cost, () => decoded(own ?? file, options))
  return {
    ...{ height: info.height, width: info.width, pixels: planar(data, info.channels) },
    file: {
      ...{ format, width, height },
      isGrey: metadata.space === 'b-w' || metadata.space === 'grey16',
      isTransparent: metadata.hasAlpha,
      frames: metadata.pages ?? 1,
    },
  }
}

type Facts = Pick<Metadata, 'autoOrient' | 'depth' | 'space' | 'hasAlpha' | 'pages'> & CostFacts

function metadataOf({ width, height, channels }: UncompressedImage): Facts {
  return {
    ...{ width, height, channels, depth: 'uchar', format: 'raw', autoOrient: { width, height } },
    ...{ space: channels === 1 ? 'b-w' : 'srgb', hasAlpha: channels === 4 },
  }
}

function formatOf(file: Uint8Array): string {
  if (file.length === 0) throw new Error('the file is empty')
  const kind = kindOfHead(file)
  if (kind?.readable) return kind.format
  throw new Error(`unsupported image format: ${kind ? kind.format : 'unknown signature'}`)
}

const colourSpaces: readonly string[] = ['b-w', 'grey16', 'srgb', 'rgb', 'rgb16', 'cmyk', 'lab', 'labs']

function checkSamples({ depth, space, channels }: Facts, format: string): void {
  if (depth !== 'uchar' && depth !== 'ushort') {
    throw new Error(`${format} with samples of type ${depth}, whose range is unknown: convert it to 8 or 16 bits`)
  }
  if (!colourSpaces.includes(space) || channels > 4) {
    throw new Error(`${format} with ${channels} channels (${space}): convert it to grey or RGB`)
  }
}

function tooLarge(image: { width: number; height: number; format: string; cost: number }): string {
  const [needed, most] = [image.cost, budget.bytes].map(bytes => `${Math.round(bytes / 2 ** 20)} MiB`)
  return (
    `${image.width}x${image.height} pixels of ${image.format} take ${needed} to decode, more than ${most}: ` +
    'scale it down, or save it as baseline JPEG or non-interlaced PNG'
  )
}

async function decoded(file: Uint8Array | UncompressedImage, options: DecodeOptions) {
  const upright = file instanceof Uint8Array ? sharp(file, { failOn: 'error' }).autoOrient() : ofPixels(file)
  const sized = options.size === null ? upright : await resized(upright, options.size, options)
  return sized
    .flatten({ background: options.background })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
}

const ofPixels = ({ width, height, channels, pixels }: UncompressedImage): Sharp =>
  sharp(pixels(), { raw: { width, height, channels } })

async function resized(image: Sharp, size: number, { fit, background }: DecodeOptions): Promise<Sharp> {
  if (fit !== 'crop') return image.resize(size, size, { fit, background })
  const { width, height } = (await image.metadata()).autoOrient
  const [w, h] = [Math.min(width, size), Math.min(height, size)]
  const middle = image.extract({ left: (width - w) >> 1, top: (height - h) >> 1, width: w, height: h })
  const [left, top] = [(size - w) >> 1, (size - h) >> 1]
  return middle.extend({ left, top, right: size - w - left, bottom: size - h - top, background })
}

/** Interleaved RGB (or grey) bytes to three planes. */
export function planar(interleaved: Uint8Array, channels: number): Uint8Array {
  const plane = interleaved.length / channels
  const pixels = new Uint8Array(3 * plane)
  for (let c = 0; c < 3; c++) {
    const from = channels < 3 ? 0 : c
    for (let i = 0; i < plane; i++) pixels[c * plane + i] = interleaved[i * channels + from]!
  }
  return pixels
}

/** @throws MixflowError ARGUMENT_INVALID if the background is not a CSS colour */
export function checkBackground(background: string): void {
  try {
    sharp({ create: { width: 1, height: 1, channels: 3, background } })
  } catch (cause) {
    throw new MixflowError('ARGUMENT_INVALID', `background must be a CSS colour, got ${show(background)}`, {
      hint: 'examples: white, #ffcc4d, rgb(0, 0, 0)',
      cause,
    })
  }
}

type CostFacts = Pick<Metadata, 'width' | 'height' | 'channels' | 'depth' | 'format'> &
  Partial<Pick<Metadata, 'isProgressive' | 'bitsPerSample'>>

/** Upper bound of the rows that libvips holds at once. */
const rows = 512

/** Bytes per pixel of formats that are decoded whole: AVIF's frames and their conversion, the canvas of GIF and WebP. */
const perPixel: Readonly<Record<string, number>> = { heif: 18, gif: 6, webp: 6 }

/**
 * Estimates the peak memory of decoding, in bytes. A small file can be an enormous image: 16,000 x 16,000 pixels of one colour are
 * a PNG of 31 kB. JPEG and PNG are decoded and scaled row by row unless they are progressive or interlaced; other formats are
 * decoded whole. The factors were measured with images of 16 to 144 megapixels.
 *
 * @param whole whether all pixels are needed at once, at full size
 */
function decodeCost(
  { width, height, channels, depth, format, isProgressive, bitsPerSample = 8 }: CostFacts,
  { whole }: { readonly whole: boolean },
): number {
  const pixels = width * height
  const sampleBytes = depth === 'ushort' ? 2 : 1
  const ofPixel = channels * sampleBytes
  // a progressive JPEG stores coefficients of two bytes until the last scan
  if (format === 'jpeg' && isProgressive) return pixels * (2 * channels + (whole ? 6 : 0))
  const isByRow = format === 'jpeg' || (format === 'png' && !isProgressive)
  const decoded = isByRow
    ? Math.min(height, rows) * width * ofPixel
    : pixels * (bitsPerSample > 8 && format === 'heif' ? 24 : (perPixel[format] ?? ofPixel))
  return decoded + (whole ? pixels * (ofPixel + 6) : 0)
}

/**
 * Whether a TIFF has extra channels that are not transparency (infrared, masks, measurements), which libvips would treat as
 * transparency. False for malformed files, which fail when they are decoded.
 *
 * Source: TIFF 6.0, tag 338 (ExtraSamples). Does not read BigTIFF and pages after the first.
 */
function hasUnknownChannels(file: Uint8Array): boolean {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const little = file[0] === 0x49
  const short = (at: number) => (at + 2 <= file.length ? view.getUint16(at, little) : 0)
  const long = (at: number) => (at + 4 <= file.length ? view.getUint32(at, little) : 0)
  if (short(2) !== 42) return false
  const directory = long(4)
  const tags = new Map<number, number>()
  for (let i = 0; i < short(directory); i++) {
    const at = directory + 2 + 12 * i
    const count = long(at + 4)
    tags.set(short(at), count > 2 ? short(long(at + 8)) : short(at + 8))
  }
  const [photometric, samples = 1, extra = 0] = [262, 277, 338].map(tag => tags.get(tag))
  const colours = photometric === 2 || photometric === 6 || photometric === 8 ? 3 : photometric === 5 ? 4 : 1
  return samples > colours && extra !== 1 && extra !== 2
}
