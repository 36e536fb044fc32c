/**
 * Grids of images as PNG files: grey or RGB, 8 bits. Small images are scaled up by whole factors with sharp pixels, because
 * viewers blur them or show them tiny. The gap between tiles is dark grey, which contrasts with white and black images.
 */

import { imageGrid, MixflowError, type PlanarImage, toBytes } from '@mixflow/core'
import { encode } from 'fast-png'
import { type Html, html } from './html.ts'

export interface GridPngOptions {
  /** Tiles per row. Default: as close to a square grid as possible. */
  readonly columns?: number
  /** Side of the square that each pixel becomes. Default: the factor for tiles of about 84 pixels. */
  readonly scale?: number
}

const tileHeight = 84
const gapColor = -0.7

/** Rows of images of one shape, with a margin. @throws MixflowError ARGUMENT_INVALID for no images or unequal ones. */
export function gridPng(images: readonly PlanarImage[], options: GridPngOptions = {}): Uint8Array {
  const height = images[0]?.height ?? tileHeight
  const { columns, scale = Math.max(1, Math.round(tileHeight / height)) } = options
  const grid = imageGrid(images, {
    ...(columns === undefined ? {} : { columns }),
    padding: scale > 1 ? 1 : 2,
    background: gapColor,
  })
  return encodePng(grid, scale)
}

/** One image. @throws MixflowError ARGUMENT_INVALID unless it has 1 or 3 channels and `scale` is an integer in 1..64. */
export function encodePng(image: PlanarImage, scale = 1): Uint8Array {
  const { channels, height, width } = image
  if (channels !== 1 && channels !== 3) {
    throw new MixflowError('ARGUMENT_INVALID', `an image must have 1 or 3 channels, got ${channels}`)
  }
  if (!Number.isInteger(scale) || scale < 1 || scale > 64) {
    throw new MixflowError('ARGUMENT_INVALID', `scale must be an integer in 1..64, got ${scale}`)
  }
  const pixels = { width: width * scale, height: height * scale, channels }
  return encode({ ...pixels, data: interleave(image, scale) }, { zlib: { level: 9 } })
}

/** Planes to pixels, each repeated `scale` times across and down. */
function interleave({ channels, height, width, data }: PlanarImage, scale: number): Uint8Array {
  const bytes = toBytes(data)
  const rowLength = width * scale * channels
  const out = new Uint8Array(rowLength * height * scale)
  for (let y = 0; y < height; y++) {
    const start = y * scale * rowLength
    for (let i = 0; i < rowLength; i++) {
      const x = Math.floor(i / channels / scale)
      out[start + i] = bytes[((i % channels) * height + y) * width + x]!
    }
    for (let copy = 1; copy < scale; copy++) out.copyWithin(start + copy * rowLength, start, start + rowLength)
  }
  return out
}

/** Width and height in pixels, from the header of a PNG file; null if it is not one. */
export function pngSize(png: Uint8Array): { readonly width: number; readonly height: number } | null {
  const signature = [137, 80, 78, 71, 13, 10, 26, 10]
  if (png.length < 33 || signature.some((byte, i) => png[i] !== byte)) return null
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  return { width: view.getUint32(16), height: view.getUint32(20) }
}

/** A PNG as an inline image (data URI). It has width and height, so the page does not reflow. */
export function pngImage(png: Uint8Array, alt: string): Html {
  const size = pngSize(png)
  const uri = `data:image/png;base64,${Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString('base64')}`
  return html`<img src="${uri}" alt="${alt}"${size && html` width="${size.width}" height="${size.height}"`}>`
}
