/**
 * Images as PNG files, by fast-png: 8 bits, by rounding, grey where there is one channel. The bytes are the same in Node, Deno and Bun and on
 * every processor, since no zlib of the platform takes part.
 */
import { MixflowError, type PlanarImage } from '@mixflow/core'
import { type Bytes, toRaw } from '@mixflow/core/internal'
import { encode } from 'fast-png'

/** The bytes of a PNG file. @throws MixflowError ARGUMENT_INVALID where the image is not grey, RGB or RGBA. */
export function encodePng(image: PlanarImage): Bytes {
  const { channels, height, width } = image
  if (channels === 1 || channels === 3 || channels === 4) return encode({ ...toRaw(image), channels }) as Bytes
  throw new MixflowError('ARGUMENT_INVALID', `${channels} × ${height} × ${width} is no grey, RGB or RGBA image`, {
    hint: 'take its numbers, image.data, or its bytes, image.toRaw()',
  })
}
