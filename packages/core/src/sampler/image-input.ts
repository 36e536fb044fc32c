/** An image that a caller passes in, as the numbers that a network takes: planar float32 as is, RGBA bytes converted. */
import type { PlanarImage, RgbaImage } from '../image/pixels.ts'
import { show } from '../util/strict.ts'
import type { ImageShape } from './model-facts.ts'
import { invalid } from './request.ts'

/** Planar numbers in [-1, 1] (a sampled image, for example), or a canvas's ImageData; of the model's size. */
export type ImageInput = PlanarImage | Pick<RgbaImage, 'width' | 'height' | 'data'>

/** Returns the image as `[C, H, W]`. @throws MixflowError REQUEST_INVALID if it is no image or not of the given shape */
export function imageNumbers(image: ImageInput, { channels, height, width }: ImageShape): Float32Array {
  const { data, width: w, height: h } = (image ?? {}) as Partial<ImageInput>
  const isPlanar = data instanceof Float32Array
  if (!isPlanar && !(data instanceof Uint8ClampedArray)) {
    const hint = 'pass { channels, height, width, data: Float32Array } in [-1, 1], or an ImageData'
    throw invalid(`the image must hold float32 numbers or RGBA bytes, got ${show(image)}`, hint)
  }
  const found = isPlanar ? (image as PlanarImage).channels : 4
  if (w !== width || h !== height || data.length !== found * height * width || (isPlanar && found !== channels)) {
    throw invalid(
      `the image is ${h} × ${w} (${data.length} numbers); the model's images are ${height} × ${width} with ${channels} channels`,
      'resize it first, for example by drawing it on a canvas of that size',
    )
  }
  if (!isPlanar) return fromRgba(data, channels)
  if (data.every(Number.isFinite)) return data
  throw invalid('the image contains NaN or infinite numbers')
}

/** Rec. 601 luma, as in JPEG. */
const luma = [0.299, 0.587, 0.114]

function fromRgba(rgba: Uint8ClampedArray, channels: number): Float32Array {
  const pixels = rgba.length / 4
  if (channels > 4) throw invalid(`RGBA bytes cannot fill ${channels} channels`, 'pass planar numbers instead')
  const value =
    channels === 1
      ? (i: number) => luma.reduce((sum, factor, c) => sum + factor * rgba[4 * i + c]!, 0)
      : (i: number) => rgba[4 * (i % pixels) + Math.floor(i / pixels)]!
  return Float32Array.from({ length: channels * pixels }, (_, i) => value(i) / 127.5 - 1)
}
