/** Images enlarged by whole factors with sharp pixels: viewers blur a digit of 28 pixels, or show it as a thumbnail. */
import { MixflowError } from '../errors.ts'
import type { PlanarImage } from './pixels.ts'

/** Each pixel becomes a square of `factor` × `factor`. @throws MixflowError ARGUMENT_INVALID for no whole factor in 1..64. */
export function magnify(image: PlanarImage, factor: number): PlanarImage {
  if (!Number.isInteger(factor) || factor < 1 || factor > 64) {
    throw new MixflowError('ARGUMENT_INVALID', `an image is enlarged by a whole factor in 1..64, got ${factor}`)
  }
  const { channels } = image
  const [height, width] = [image.height * factor, image.width * factor]
  const data = new Float32Array(channels * height * width)
  for (let row = 0; row < channels * height; row += factor) {
    const from = image.data.subarray((row / factor) * image.width)
    const first = data.subarray(row * width, (row + 1) * width)
    for (let x = 0; x < width; x++) first[x] = from[Math.floor(x / factor)]!
    for (let copy = 1; copy < factor; copy++) data.set(first, (row + copy) * width)
  }
  return { channels, height, width, data }
}
