/** A picture that a caller gives, as the numbers a network takes: planar float32 as it is, RGBA bytes converted. */

import type { PlanarImage, RgbaImage } from '../image/pixels.ts'
import { show } from '../util/strict.ts'
import type { ImageShape } from './model-facts.ts'
import { invalid } from './request.ts'

/** Numbers in [-1, 1] channel by channel (also a sampled image), or a canvas's ImageData; of the model's size. */
export type Picture = PlanarImage | Pick<RgbaImage, 'width' | 'height' | 'data'>

/** `[C, H, W]`. @throws MixflowError REQUEST_INVALID where it is no picture, or has another size than the model's images. */
export function pictureNumbers(picture: Picture, { channels, height, width }: ImageShape): Float32Array {
  const { data, width: w, height: h } = (picture ?? {}) as Partial<Picture>
  const isPlanar = data instanceof Float32Array
  if (!isPlanar && !(data instanceof Uint8ClampedArray)) {
    const hint = 'give { channels, height, width, data: Float32Array } in [-1, 1], or an ImageData'
    throw invalid(`the picture must hold numbers or RGBA bytes, got ${show(picture)}`, hint)
  }
  const found = isPlanar ? (picture as PlanarImage).channels : 4
  if (w !== width || h !== height || data.length !== found * height * width || (isPlanar && found !== channels)) {
    throw invalid(
      `the picture is ${h} × ${w} (${data.length} numbers); the model's images are ${height} × ${width} of ${channels} channels`,
      'resize it first, for example by drawing it on a canvas of that size',
    )
  }
  if (!isPlanar) return fromRgba(data, channels)
  if (data.every(Number.isFinite)) return data
  throw invalid('the picture holds numbers that are not finite')
}

/** Rec. 601 luma, as the grey of JPEG. */
const luma = [0.299, 0.587, 0.114]

function fromRgba(rgba: Uint8ClampedArray, channels: number): Float32Array {
  const pixels = rgba.length / 4
  if (channels === 1) {
    const grey = (i: number) => luma.reduce((sum, weight, c) => sum + weight * rgba[4 * i + c]!, 0)
    return Float32Array.from({ length: pixels }, (_, i) => grey(i) / 127.5 - 1)
  }
  if (channels > 4) throw invalid(`RGBA bytes cannot fill ${channels} channels`, 'give planar numbers instead')
  return Float32Array.from(
    { length: channels * pixels },
    (_, i) => rgba[4 * (i % pixels) + Math.floor(i / pixels)]! / 127.5 - 1,
  )
}
