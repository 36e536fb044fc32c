/** Images as PNG files, compressed by Node at once: 8 bits, by rounding, grey where there is one channel. */
import { deflateSync } from 'node:zlib'
import { type Bytes, type PlanarImage, pngFile, pngRows } from '@mixflow/core'

/** The bytes of a PNG file. @throws MixflowError ARGUMENT_INVALID where the image is not grey, RGB or RGBA. */
export const encodePng = (image: PlanarImage): Bytes => pngFile(image, deflateSync(pngRows(image)))
