/** Results of sampling: images as numbers and as bytes, and their cost. Needs neither a DOM nor an image codec. */

import { type PlanarImage, type RawImage, type RgbaImage, toBytes, toRaw, toRgba } from '../image/pixels.ts'
import { encodePng } from '../image/png.ts'
import type { SolverName } from '../method/ode/solver.ts'
import type { Bytes } from '../util/values.ts'
import { elementsOf, type ImageShape } from './model-facts.ts'

/** One sampled image: float32, channel by channel, in [-1, 1] or slightly beyond, as the model gives it. */
export class SampledImage implements PlanarImage {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly data: Float32Array
  /** Image `index` of `seed` is the same in every request; the first one's is the request's `firstImage`. */
  readonly index: number
  readonly seed: number
  /** Undefined without a class. */
  readonly label: number | undefined
  /** Number of velocity evaluations for this image. */
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

  /** RGBA bytes for `putImageData`: an ImageData if the platform has it, else an object of the same shape. */
  toImageData(): RgbaImage {
    const rgba = toRgba(this)
    const { ImageData } = globalThis as {
      ImageData?: new (data: RgbaImage['data'], width: number, height: number) => RgbaImage
    }
    return ImageData === undefined ? rgba : new ImageData(rgba.data, rgba.width, rgba.height)
  }

  /** The bytes of a PNG file. @throws MixflowError ARGUMENT_INVALID if the image is not grey, RGB or RGBA */
  async toPng(): Promise<Bytes> {
    return encodePng(this)
  }

  /** The same as a Blob of type `image/png`. */
  async toBlob(): Promise<Blob> {
    return new Blob([await this.toPng()], { type: 'image/png' })
  }

  /** The same as a server's response. Defaults: status 200, `content-type: image/png`. */
  async toResponse(init: ResponseInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (!headers.has('content-type')) headers.set('content-type', 'image/png')
    return new Response(await this.toPng(), { ...init, headers })
  }
}

export interface SampleResult<I extends SampledImage = SampledImage> {
  readonly images: readonly I[]
  /** Number of velocity evaluations per image; the mean if it differs by image. */
  readonly nfe: number
  /** Calls of the denoiser per image: `nfe`, or twice as many with guidance. */
  readonly networkCalls: number
  /** Steps per image; the mean if it differs by image. */
  readonly steps: number
  readonly solver: SolverName
  /** The seed of the request, or the one that was drawn: it makes the same images again. */
  readonly seed: number
  readonly milliseconds: number
  readonly timings: SampleTimings
}

/** Milliseconds, summed over all batches. */
export interface SampleTimings {
  /** Drawing the noise and running the encoder. */
  readonly source: number
  /** The solver's loop, calls of the denoiser included. */
  readonly solve: number
}

export interface SampleProgress {
  /** Steps done in this batch, from 1. */
  readonly step: number
  /** Number of steps in all; undefined for adaptive solvers. */
  readonly steps: number | undefined
  /** Time reached, 0..1. */
  readonly t: number
  /** Images of the batch: `images` from `firstImage` on, of `count`. */
  readonly firstImage: number
  readonly images: number
  readonly count: number
  /** Fraction of the whole request that is done, 0..1. */
  readonly fraction: number
  /** Velocity evaluations of this batch so far. */
  readonly nfe: number
  /** The batch's current images, noise included. Callable only until the callback has returned. */
  preview(): Promise<readonly SampledImage[]>
}

/** Yielded by `stream` after each step of each batch. */
export interface StreamStep<I extends SampledImage = SampledImage> extends Omit<SampleProgress, 'images' | 'preview'> {
  /** The batch's current images: noise included until t = 1, then finished. */
  readonly images: readonly I[]
}

/** Result of `invert`: the source that an image came from. */
export interface Inversion extends Pick<SampleResult, 'nfe' | 'networkCalls' | 'steps' | 'solver' | 'milliseconds'> {
  /** float32 `[1, C, H, W]`, about N(0, 1) for an image like the training images; `sample({ x0 })` takes it. */
  readonly x0: Float32Array
  /** Class that the flow was run with, given or inferred; null for none. */
  readonly label: number | null
}

/** Result of `sources`: where the images of a call would start from. */
export interface SourceDraw {
  /** float32 `[count, C, H, W]`; `sample({ x0, label, mixtureWeight })` continues from it. */
  readonly x0: Float32Array
  /** Class of each image, given, drawn or inferred; null for none. */
  readonly label: readonly number[] | null
  /** The encoder's mean, of the same shape; absent at w = 0, where the encoder is not called. */
  readonly mean?: Float32Array
  /** As `mean`; also absent if the encoder predicts no variance. */
  readonly logVariance?: Float32Array
  readonly mixtureWeight: number
  readonly seed: number
}

/** Splits `[images, C, H, W]` into images that share its memory. */
export function splitImages(data: Float32Array, shape: ImageShape): PlanarImage[] {
  const { channels, height, width } = shape
  const size = elementsOf(shape)
  return Array.from({ length: data.length / size }, (_, i) => ({
    ...{ channels, height, width },
    data: data.subarray(i * size, (i + 1) * size),
  }))
}
