/** Images as PNG files, by fast-png: the bytes are the same in Node, Deno and Bun and on every processor, since no native zlib is used. */
import { MixflowError, type PlanarImage, SampledImage } from '@mixflow/core'
import { type Bytes, toRaw } from '@mixflow/core/internal'
import { encode } from 'fast-png'

/**
 * Encodes an image as PNG, with 8 bits per channel.
 *
 * @param image grey, RGB or RGBA, values in [-1, 1]
 * @throws MixflowError ARGUMENT_INVALID for another number of channels
 */
export function encodePng(image: PlanarImage): Bytes {
  const { channels, height, width } = image
  if (channels === 1 || channels === 3 || channels === 4) return encode({ ...toRaw(image), channels }) as Bytes
  throw new MixflowError(
    'ARGUMENT_INVALID',
    `an image of ${channels} × ${height} × ${width} is not grey, RGB or RGBA`,
    {
      hint: 'use its values, image.data, or its bytes, image.toRaw()',
    },
  )
}

/** A sampled image. */
export class NodeImage extends SampledImage {
  override async toPng(): Promise<Bytes> {
    return encodePng(this)
  }

  /** The PNG file as a Buffer, for example to convert it to base64. */
  async toBuffer(): Promise<Buffer & Bytes> {
    const { buffer, byteOffset, byteLength } = await this.toPng()
    return Buffer.from(buffer, byteOffset, byteLength)
  }
}
