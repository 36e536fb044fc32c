/**
 * One picture file (JPEG, PNG, WebP, AVIF, GIF, TIFF) to planar RGB bytes of the wanted size, with sharp.
 *
 * In this order: upright (EXIF), sRGB whatever the colour profile or model, the wanted size, transparency laid over a
 * background colour. Of an animation the first frame. A file that is cut or damaged is an error, never half a picture.
 */
import { MixflowError, show } from '@mixflow/core'
import sharp, { type Sharp } from 'sharp'

/**
 * How a picture of another shape becomes a square: `cover` scales it to fill the square and cuts off what sticks out,
 * `contain` scales it to fit inside and fills up with the background, `crop` cuts the middle out without scaling (a
 * smaller picture is surrounded by background).
 */
export type Fit = 'cover' | 'contain' | 'crop'

export const fits = ['cover', 'contain', 'crop'] as const satisfies readonly Fit[]

export interface DecodeOptions {
  /** Edge of the resulting square in pixels; null keeps the picture's own size. */
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
}

/** Decodes the bytes of one picture file. Rejects with sharp's own error if they are none. */
export async function decodeImage(file: Uint8Array, options: DecodeOptions): Promise<DecodedImage> {
  const upright = sharp(file, { failOn: 'error' }).autoOrient()
  const sized = options.size === null ? upright : await resized(upright, options.size, options)
  const { data, info } = await sized
    .flatten({ background: options.background })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  return { height: info.height, width: info.width, pixels: planar(data, info.channels) }
}

async function resized(picture: Sharp, size: number, { fit, background }: DecodeOptions): Promise<Sharp> {
  if (fit !== 'crop') return picture.resize(size, size, { fit, background })
  const { width, height } = (await picture.metadata()).autoOrient
  const [w, h] = [Math.min(width, size), Math.min(height, size)]
  const middle = picture.extract({ left: (width - w) >> 1, top: (height - h) >> 1, width: w, height: h })
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

/** Refuses a background that is no colour, before it would fail picture by picture. */
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
