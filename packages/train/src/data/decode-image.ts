/**
 * One image file (JPEG, PNG, WebP, AVIF, GIF, TIFF, BMP, PPM) to planar RGB bytes of the requested size, with sharp.
 *
 * In this order: upright (EXIF), sRGB whatever the colour profile or model, the wanted size, transparency laid over a
 * background colour. Of an animation the first frame. A file that is cut or damaged is an error, never half an image, and
 * so are samples whose black and white are not known (floats, 32-bit integers). Memory is bounded, over all that are
 * decoded at a time.
 */
import { MixflowError } from '@mixflow/core'
import { show } from '@mixflow/core/internal'
import sharp, { type Metadata, type Sharp } from 'sharp'
import { type CostFacts, decodeCost } from './decode-cost.ts'
import { kindOfHead } from './image-format.ts'
import { memoryBudget } from './memory-budget.ts'
import { hasUnknownChannels } from './tiff-extra-channels.ts'
import { bmp } from './uncompressed/bmp.ts'
import { netpbm } from './uncompressed/netpbm.ts'
import type { UncompressedImage } from './uncompressed/uncompressed-image.ts'

/**
 * How an image of another shape becomes a square: `cover` scales it to fill the square and cuts off what sticks out,
 * `contain` scales it to fit inside and fills up with the background, `crop` cuts the middle out without scaling (a
 * smaller image is surrounded by background).
 */
export type Fit = 'cover' | 'contain' | 'crop'

export const fits = ['cover', 'contain', 'crop'] as const satisfies readonly Fit[]

/** Longest edge of the resulting images in pixels. */
export const mostPixels = 4096

export interface DecodeOptions {
  /** Edge of the resulting square in pixels; null keeps the image's own size, at most 4096 pixels an edge. */
  readonly size: number | null
  readonly fit: Fit
  /** What shows through transparency, any CSS colour. */
  readonly background: string
}

export interface DecodedImage {
  readonly height: number
  readonly width: number
  /** Planar RGB bytes [3, height, width]. */
  readonly pixels: Uint8Array
  /** What the file is. */
  readonly file: ImageFacts
}

export interface ImageFacts {
  /** Such as `JPEG`. */
  readonly format: string
  /** Pixels, upright. */
  readonly width: number
  readonly height: number
  readonly isGrey: boolean
  readonly isTransparent: boolean
  /** Of an animation, or pages of a TIFF; the first is read. */
  readonly frames: number
}

const budget = memoryBudget(768 * 2 ** 20)

/** Decodes the bytes of one image file. Rejects with an error that says in its first line what is wrong with the file. */
export async function decodeImage(file: Uint8Array, options: DecodeOptions): Promise<DecodedImage> {
  const format = formatOf(file)
  const own = format === 'BMP' ? bmp(file) : format === 'PPM' ? netpbm(file) : null
  const metadata = own === null ? await sharp(file, { failOn: 'error' }).metadata() : metadataOf(own)
  checkSamples(metadata, format)
  if (format === 'TIFF' && hasUnknownChannels(file)) {
    throw new Error('TIFF with channels that are neither colours nor transparency: convert it to grey or RGB')
  }
  const { width, height } = metadata.autoOrient
  if (options.size === null && Math.max(width, height) > mostPixels) {
    throw new Error(`${width}x${height} pixels, more than ${mostPixels} an edge: give a size (--size 64)`)
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
  throw new Error(`unsupported image format: ${kind ? kind.format : 'it does not begin like an image'}`)
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
    'make it smaller, or save it as baseline JPEG or PNG without interlacing'
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

/** Refuses a background that is no colour, before it would fail image by image. */
export function checkBackground(background: string): void {
  try {
    sharp({ create: { width: 1, height: 1, channels: 3, background } })
  } catch (cause) {
    throw new MixflowError('ARGUMENT_INVALID', `background ${show(background)} is no colour`, {
      hint: 'any CSS colour: white, #ffcc4d, rgb(0, 0, 0)',
      cause,
    })
  }
}
