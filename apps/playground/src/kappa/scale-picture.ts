/** Any picture in the size of a model's images: as large as it fits, the middle of it, grey where the model is. */
import { type ImageShape, MixflowError, type PlanarImage } from '@mixflow/core'

interface Part {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface ScaleOptions {
  readonly image: ImageShape
  /** All of it unless said. */
  readonly from?: Part
}

export async function scaled(bitmap: ImageBitmap, { image, from }: ScaleOptions): Promise<PlanarImage> {
  const { width, height } = image
  const whole = from ?? { x: 0, y: 0, width: bitmap.width, height: bitmap.height }
  const share = Math.min(whole.width / width, whole.height / height)
  const [w, h] = [share * width, share * height]
  const [x, y] = [whole.x + (whole.width - w) / 2, whole.y + (whole.height - h) / 2]
  const small = await createImageBitmap(
    bitmap,
    ...([x, y, Math.max(1, w), Math.max(1, h)].map(Math.round) as Corners),
    {
      resizeWidth: width,
      resizeHeight: height,
      resizeQuality: 'high',
    },
  )
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')!
  context.fillStyle = 'white' // behind what is transparent
  context.fillRect(0, 0, width, height)
  context.drawImage(small, 0, 0)
  small.close()
  return planar(context.getImageData(0, 0, width, height), image.channels)
}

type Corners = [number, number, number, number]

/** @throws MixflowError ARGUMENT_INVALID where the browser cannot read it as a picture */
export async function pictureOf(file: Blob, image: ImageShape): Promise<PlanarImage> {
  const bitmap = await createImageBitmap(file).catch(cause => {
    throw new MixflowError('ARGUMENT_INVALID', 'the file is no picture that this browser can read', {
      hint: 'choose a PNG, JPEG or WebP',
      cause,
    })
  })
  try {
    return await scaled(bitmap, { image })
  } finally {
    bitmap.close()
  }
}

/** Rec. 601 luma, as core reads an ImageData. */
const luma = [0.299, 0.587, 0.114] as const

/** RGBA bytes as numbers in [-1, 1], channel by channel. */
export function planar({ data, width, height }: ImageData, channels: number): PlanarImage {
  const pixels = width * height
  const numbers = new Float32Array(channels * pixels)
  for (let i = 0; i < pixels; i++) {
    if (channels === 1) {
      numbers[i] = luma.reduce((sum, weight, c) => sum + weight * data[4 * i + c]!, 0) / 127.5 - 1
    } else for (let c = 0; c < channels; c++) numbers[c * pixels + i] = data[4 * i + Math.min(c, 3)]! / 127.5 - 1
  }
  return { channels, height, width, data: numbers }
}

export const inverted = (picture: PlanarImage): PlanarImage => ({ ...picture, data: picture.data.map(value => -value) })

export const blank = ({ channels, height, width }: ImageShape): PlanarImage => ({
  ...{ channels, height, width },
  data: new Float32Array(channels * height * width).fill(-1),
})
