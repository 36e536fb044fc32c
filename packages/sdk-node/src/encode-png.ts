/** Planar images as PNG files: 8 bits, by rounding, grey where there is one channel. */
import { type PlanarImage, toBytes, toRgba } from '@mixflow/core'
import { encode } from 'fast-png'

/** @throws MixflowError ARGUMENT_INVALID where the image is not grey, RGB or RGBA. */
export function encodePng(image: PlanarImage): Uint8Array {
  const { channels, height, width } = image
  const { data: rgba } = toRgba(image)
  if (channels === 1) return encode({ width, height, channels, data: toBytes(image.data) })
  if (channels === 4) return encode({ width, height, channels, data: new Uint8Array(rgba.buffer) })
  return encode({ width, height, channels: 3, data: new Uint8Array(rgba.filter((_, i) => i % 4 !== 3)) })
}
