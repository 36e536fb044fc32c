/** Converts images to the size and channels of a model's images. */
import { type ImageShape, MixflowError, type PlanarImage } from '@mixflow/core'

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

/** Rec. 601 luma, as core converts an ImageData. */
const luma = [0.299, 0.587, 0.114] as const

/** RGBA bytes as numbers in [-1, 1], channel by channel. */
export function planar({ data, width, height }: ImageData, channels: number): PlanarImage {
  const pixels = width * height
  const numbers = new Float32Array(channels * pixels)
  for (let i = 0; i < pixels; i++) {
    if (channels === 1) {
      numbers[i] = luma.reduce((sum, factor, c) => sum + factor * data[4 * i + c]!, 0) / 127.5 - 1
    } else for (let c = 0; c < channels; c++) numbers[c * pixels + i] = data[4 * i + Math.min(c, 3)]! / 127.5 - 1
  }
  return { channels, height, width, data: numbers }
}

export const inverted = (image: PlanarImage): PlanarImage => ({ ...image, data: image.data.map(value => -value) })

/** A black image. */
export const blank = ({ channels, height, width }: ImageShape): PlanarImage => ({
  channels,
  height,
  width,
  data: new Float32Array(channels * height * width).fill(-1),
})
