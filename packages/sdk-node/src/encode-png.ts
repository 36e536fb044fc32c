/** Planar images as PNG files: 8 bits, by rounding, grey where there is one channel. */
import { MixflowError, type PlanarImage, toRaw } from '@mixflow/core'
import { encode } from 'fast-png'

/** @throws MixflowError ARGUMENT_INVALID where the image is not grey, RGB or RGBA. */
export function encodePng(image: PlanarImage): Uint8Array {
  const { channels, height, width } = image
  if (channels === 1 || channels === 3 || channels === 4) return encode({ ...toRaw(image), channels })
  throw new MixflowError('ARGUMENT_INVALID', `${channels} × ${height} × ${width} is no grey, RGB or RGBA image`, {
    hint: 'take its numbers, image.data, or its bytes, image.toRaw()',
  })
}
