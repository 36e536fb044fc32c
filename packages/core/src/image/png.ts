/**
 * Images as PNG files: 8 bits, by rounding, grey where there is one channel. No row is filtered, and the platform's own stream compresses them,
 * so that no codec weighs on a page. (A canvas is no way: privacy settings of browsers change what is read from it.)
 *
 * After the W3C's PNG specification, third edition. Left out: palettes, 16 bits, interlacing, metadata.
 */

import { MixflowError } from '../errors.ts'
import type { Bytes } from '../util/values.ts'
import { concatenate } from '../util/values.ts'
import { crc32 } from './crc32.ts'
import { type PlanarImage, toRaw } from './pixels.ts'

const colourTypes: Readonly<Record<number, number>> = { 1: 0, 3: 2, 4: 6 }
const signature = [137, 80, 78, 71, 13, 10, 26, 10]

/** The bytes of a PNG file. @throws MixflowError ARGUMENT_INVALID where the image is not grey, RGB or RGBA. */
export async function encodePng(image: PlanarImage): Promise<Bytes> {
  const stream = new Blob([pngRows(image)]).stream().pipeThrough(new CompressionStream('deflate'))
  return pngFile(image, new Uint8Array(await new Response(stream).arrayBuffer()))
}

/** What a PNG file compresses: pixels row by row, each row after a byte that says how it is filtered. */
function pngRows(image: PlanarImage): Bytes {
  const { channels, height, width } = image
  if (colourTypes[channels] === undefined) {
    throw new MixflowError(
      'ARGUMENT_INVALID',
      `an image of ${channels} × ${height} × ${width} is not grey, RGB or RGBA`,
      {
        hint: 'take its numbers, image.data, or its bytes, image.toRaw()',
      },
    )
  }
  const { data } = toRaw(image)
  const row = width * channels
  const rows = new Uint8Array(height * (row + 1))
  for (let y = 0; y < height; y++) rows.set(data.subarray(y * row, (y + 1) * row), y * (row + 1) + 1)
  return rows
}

/** @param compressed the rows, in the format of zlib */
function pngFile({ channels, height, width }: PlanarImage, compressed: Uint8Array): Bytes {
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  header.set([8, colourTypes[channels]!], 8)
  return concatenate([Uint8Array.from(signature), chunk('IHDR', header), chunk('IDAT', compressed), chunk('IEND')])
}

/** Length, name, content, and the checksum of the last two. */
function chunk(name: string, content = new Uint8Array(0) as Uint8Array): Bytes {
  const bytes = new Uint8Array(content.length + 12)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, content.length)
  for (let i = 0; i < 4; i++) bytes[4 + i] = name.charCodeAt(i)
  bytes.set(content, 8)
  view.setUint32(content.length + 8, crc32(bytes.subarray(4, content.length + 8)))
  return bytes
}
