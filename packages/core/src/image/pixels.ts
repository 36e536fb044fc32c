/**
 * Pixels as numbers in [-1, 1] and as bytes, and planar images (channel by channel, as networks have them) as the
 * interleaved RGBA bytes that canvases and encoders take.
 *
 * `round` is right: every byte survives the round trip. `truncate` is what published FID values were computed with (the
 * reference implementation's metric): it turns some real pixels into the value below. It exists to reproduce them.
 */

import { MixflowError } from '../errors.ts'
import type { Bytes, ClampedBytes } from '../util/values.ts'

/** One image: `channels` planes of `height` rows of `width` numbers in [-1, 1]. */
export interface PlanarImage {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly data: Float32Array
}

/** The shape of the DOM's ImageData, which `putImageData` takes. */
export interface RgbaImage {
  readonly width: number
  readonly height: number
  /** R, G, B, A of each pixel, row by row. */
  readonly data: ClampedBytes
  readonly colorSpace: 'srgb'
}

/** Bytes as image libraries take them: `height` rows of `width` pixels of `channels` bytes each. */
export interface RawImage {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly data: Bytes
}

export type ByteRounding = 'round' | 'truncate'

/** Numbers in [-1, 1] to bytes; beyond the range they are clipped, and a NaN becomes 0. */
export function toBytes(values: Float32Array, rounding: ByteRounding = 'round'): Bytes {
  return Uint8Array.from(values, rounding === 'truncate' ? truncated : rounded)
}

/** Bytes to numbers in [-1, 1]: 0 is -1, 255 is 1. */
export function fromBytes(bytes: Uint8Array | Uint8ClampedArray): Float32Array {
  return Float32Array.from(bytes, byte => byte / 127.5 - 1)
}

/** Interleaved bytes of any number of channels, by rounding. */
export function toRaw({ channels, height, width, data }: PlanarImage): RawImage {
  const pixels = height * width
  const bytes = new Uint8Array(channels * pixels)
  for (let i = 0; i < bytes.length; i++) bytes[i] = rounded(data[(i % channels) * pixels + Math.floor(i / channels)]!)
  return { channels, height, width, data: bytes }
}

/** Interleaved RGBA bytes, by rounding. One channel is grey, three are RGB, four RGBA; without alpha it is opaque. */
export function toRgba({ channels, height, width, data }: PlanarImage): RgbaImage {
  const pixels = height * width
  if (![1, 3, 4].includes(channels) || data.length !== channels * pixels) {
    throw new MixflowError(
      'ARGUMENT_INVALID',
      `${data.length} numbers as ${channels} × ${height} × ${width} are no grey, RGB or RGBA image`,
    )
  }
  const rgba = new Uint8ClampedArray(4 * pixels).fill(255)
  for (let out = 0; out < Math.max(3, channels); out++) {
    const plane = channels === 1 ? 0 : out
    for (let i = 0; i < pixels; i++) rgba[4 * i + out] = rounded(data[plane * pixels + i]!)
  }
  return { width, height, data: rgba, colorSpace: 'srgb' }
}

const clip = (x: number) => (x > 0 ? Math.min(x, 255) : 0)
const rounded = (value: number) => clip(Math.round((value + 1) * 127.5))
/** In float32 throughout, as the reference computes it: rounding decides which pixels fall below. */
const truncated = (value: number) => Math.trunc(clip(Math.fround(255 * Math.fround(Math.fround(0.5 * value) + 0.5))))
