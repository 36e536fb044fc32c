/** What sampling gives: images as numbers and as bytes, and what they cost. No DOM and no codec is needed to hold them. */

import { type PlanarImage, type RawImage, type RgbaImage, toBytes, toRaw, toRgba } from '../image/pixels.ts'
import { encodePng } from '../image/png.ts'
import type { SolverName } from '../method/ode/solver.ts'
import type { Bytes } from '../util/values.ts'
import type { ImageShape } from './model-facts.ts'

/** One sampled image: float32, channel by channel, in [-1, 1] but for the model's own overshoot. */
export class SampledImage implements PlanarImage {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly data: Float32Array
  /** Image `index` of `seed` is the same in every request; the first one's is the request's `firstImage`. */
  readonly index: number
  readonly seed: number
  /** Absent without a class. */
  readonly label: number | undefined
  /** Calls of the network for this image. */
  readonly nfe: number

  constructor(image: PlanarImage & Pick<SampledImage, 'index' | 'seed' | 'label' | 'nfe'>) {
    this.channels = image.channels
    this.height = image.height
    this.width = image.width
    this.data = image.data
    this.index = image.index
    this.seed = image.seed
    this.label = image.label
    this.nfe = image.nfe
  }

  /** Planar bytes, rounded. */
  toBytes(): Bytes {
    return toBytes(this.data)
  }

  /** Bytes as image libraries take them, pixel by pixel: `const raw = image.toRaw(); sharp(raw.data, { raw })`. */
  toRaw(): RawImage {
    return toRaw(this)
  }

  /** RGBA bytes for `putImageData`: a true ImageData where the platform has it, else an object of the same shape. */
  toImageData(): RgbaImage {
    const rgba = toRgba(this)
    const { ImageData } = globalThis as {
      ImageData?: new (data: RgbaImage['data'], width: number, height: number) => RgbaImage
    }
    return ImageData === undefined ? rgba : new ImageData(rgba.data, rgba.width, rgba.height)
  }

  /** The bytes of a PNG file. @throws MixflowError ARGUMENT_INVALID where the image is not grey, RGB or RGBA. */
  async toPng(): Promise<Bytes> {
    return encodePng(this)
  }

  /** The same as a Blob of type `image/png`. */
  async toBlob(): Promise<Blob> {
    return new Blob([await this.toPng()], { type: 'image/png' })
  }

  /** The same as the answer of a server, with status 200 and `content-type: image/png` unless `init` has others. */
  async toResponse(init: ResponseInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (!headers.has('content-type')) headers.set('content-type', 'image/png')
    return new Response(await this.toPng(), { ...init, headers })
  }
}

export interface SampleResult<I extends SampledImage = SampledImage> {
  readonly images: readonly I[]
  /** Calls of the network per image, guidance included; where it differs by image, the mean. */
  readonly nfe: number
  /** Steps per image; where it differs by image, the mean. */
  readonly steps: number
  readonly solver: SolverName
  /** The seed that was given or drawn: with it the request can be repeated. */
  readonly seed: number
  readonly milliseconds: number
  readonly timings: SampleTimings
}

/** Milliseconds, of all batches; where none went side by side, what is left of the whole went into checks and conversions. */
export interface SampleTimings {
  /** Drawing the noise, and the encoder where it takes part. */
  readonly source: number
  /** The solver's loop with all calls of the denoiser. */
  readonly solve: number
}

export interface SampleProgress {
  /** Steps done in this batch, from 1. */
  readonly step: number
  /** Steps there will be; unknown for adaptive solvers. */
  readonly steps: number | undefined
  /** Time reached, 0..1. */
  readonly t: number
  /** Images of the batch: `images` from `firstImage` on, of `count`. */
  readonly firstImage: number
  readonly images: number
  readonly count: number
  /** Part of the whole request that is done, 0..1. */
  readonly fraction: number
  /** Calls of the network so far for this batch. */
  readonly nfe: number
  /** The batch's images as they are now, noise included. Only until the callback has returned. */
  preview(): Promise<readonly SampledImage[]>
}

/** What `stream` yields after each step of each batch. */
export interface StreamStep<I extends SampledImage = SampledImage> extends Omit<SampleProgress, 'images' | 'preview'> {
  /** The batch's images as they are now: noise included until t = 1, then finished. */
  readonly images: readonly I[]
}

/** What `invert` gives: the source that a picture came from. */
export interface Inversion extends Pick<SampleResult, 'nfe' | 'steps' | 'solver' | 'milliseconds'> {
  /** float32 `[1, C, H, W]`, about N(0, 1) for a picture like the model's own; `sample({ x0 })` takes it. */
  readonly x0: Float32Array
  /** Class that the flow was run with, also where the model saw it in the picture; null for none. */
  readonly label: number | null
}

/** What `sources` gives: where the images of a call would start from. */
export interface SourceDraw {
  /** float32 `[count, C, H, W]`; `sample({ x0, label, mixtureWeight })` goes on from it. */
  readonly x0: Float32Array
  /** Class of each image, also where it was drawn or the model saw it in the picture; null for none. */
  readonly label: readonly number[] | null
  /** Of the encoder, of the same shape; absent at w = 0, where it is not asked. */
  readonly mean?: Float32Array
  /** As `mean`; absent also where the encoder gives no variance. */
  readonly logVariance?: Float32Array
  readonly mixtureWeight: number
  readonly seed: number
}

/** Cuts `[images, C, H, W]` into images that share its memory. */
export function splitImages(data: Float32Array, shape: ImageShape): PlanarImage[] {
  const { channels, height, width } = shape
  const size = channels * height * width
  return Array.from({ length: data.length / size }, (_, i) => ({
    ...{ channels, height, width },
    data: data.subarray(i * size, (i + 1) * size),
  }))
}
