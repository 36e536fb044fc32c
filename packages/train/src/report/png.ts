/**
 * Grids of images as PNG files: grey or RGB, 8 bits. Small images are scaled up by whole factors with sharp pixels, because
 * viewers blur them or show them tiny. The gap between tiles is dark grey, which contrasts with white and black images.
 */

import { imageGrid, MixflowError, type PlanarImage } from '@mixflow/core'
import { defined, magnify, toRaw } from '@mixflow/core/internal'
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
  const grid = imageGrid(images, { ...defined({ columns }), padding: scale > 1 ? 1 : 2, background: gapColor })
  return encodePng(grid, scale)
}

/** One image. @throws MixflowError ARGUMENT_INVALID unless it has 1 or 3 channels and `scale` is an integer in 1..64. */
export function encodePng(image: PlanarImage, scale = 1): Uint8Array {
  const { channels } = image
  if (channels !== 1 && channels !== 3) {
    throw new MixflowError('ARGUMENT_INVALID', `an image must have 1 or 3 channels, got ${channels}`)
  }
  if (!Number.isInteger(scale) || scale < 1 || scale > 64) {
    throw new MixflowError('ARGUMENT_INVALID', `scale must be an integer in 1..64, got ${scale}`)
  }
  return encode({ ...toRaw(magnify(image, scale)), channels }, { zlib: { level: 9 } })
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
