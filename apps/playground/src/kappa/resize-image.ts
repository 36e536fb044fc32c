/** Converts images to the size and channels of a model's images. */
import { type ImageShape, MixflowError, type PlanarImage } from '@mixflow/core'
import { imageNumbers } from '@mixflow/core/internal'

interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface ResizeOptions {
  readonly image: ImageShape
  /** Default: the whole bitmap. */
  readonly from?: Area
}

/** Scales the largest centred area with the model's aspect ratio. Transparent pixels become white. */
export async function resized(bitmap: ImageBitmap, { image, from }: ResizeOptions): Promise<PlanarImage> {
  const { width, height } = image
  const area = from ?? { x: 0, y: 0, width: bitmap.width, height: bitmap.height }
  const scale = Math.min(area.width / width, area.height / height)
  const [w, h] = [Math.max(1, Math.round(scale * width)), Math.max(1, Math.round(scale * height))]
  const [x, y] = [area.x + (area.width - scale * width) / 2, area.y + (area.height - scale * height) / 2]
  const small = await createImageBitmap(bitmap, Math.round(x), Math.round(y), w, h, {
    resizeWidth: width,
    resizeHeight: height,
    resizeQuality: 'high',
  })
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')!
  context.fillStyle = 'white'
  context.fillRect(0, 0, width, height)
  context.drawImage(small, 0, 0)
  small.close()
  return planar(context.getImageData(0, 0, width, height), image.channels)
}

/** @throws MixflowError ARGUMENT_INVALID if the browser cannot decode the file */
export async function readImage(file: Blob, image: ImageShape): Promise<PlanarImage> {
  const bitmap = await createImageBitmap(file).catch(cause => {
    throw new MixflowError('ARGUMENT_INVALID', 'this browser cannot read the file as an image', {
      hint: 'choose a PNG, JPEG or WebP file',
      cause,
    })
  })
  try {
    return await resized(bitmap, { image })
  } finally {
    bitmap.close()
  }
}

export const planar = (pixels: ImageData, channels: number): PlanarImage => {
  const shape = { channels, height: pixels.height, width: pixels.width }
  return { ...shape, data: imageNumbers(pixels, shape) }
}

export const inverted = (image: PlanarImage): PlanarImage => ({ ...image, data: image.data.map(value => -value) })

/** A black image. */
export const blank = ({ channels, height, width }: ImageShape): PlanarImage => ({
  channels,
  height,
  width,
  data: new Float32Array(channels * height * width).fill(-1),
})
