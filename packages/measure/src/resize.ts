/**
 * Resizes images to the input size of a feature network. The method affects results as much as the network does, so its name is
 * part of every key of statistics:
 *
 *   none                 images of other sizes are refused
 *   pad                  black borders, equal on opposite sides; pixels are unchanged (MNIST to 32 × 32)
 *   tensorflow-bilinear  as in TensorFlow 1: output pixel i is sampled at i · from / to, without antialiasing; used for the
 *                        FID by its authors and by torch-fidelity
 */

/** How images of another size are resized. */
export type Resize = 'none' | 'pad' | 'tensorflow-bilinear'

export const resizes = ['none', 'pad', 'tensorflow-bilinear'] as const satisfies readonly Resize[]

export interface ImageSize {
  readonly channels: number
  /** Pixels. */
  readonly height: number
  /** Pixels. */
  readonly width: number
}

/**
 * @param bytes [images × channels × height × width] of `size`; a single channel is repeated if `to` has three
 * @returns float32 [images × channels × height × width] of `to`, 0..255, not rounded
 */
export function resized(bytes: Uint8Array, size: ImageSize, to: ImageSize & { readonly resize: Resize }): Float32Array {
  const plane = size.height * size.width
  const images = bytes.length / (size.channels * plane)
  const area = to.height * to.width
  const out = new Float32Array(images * to.channels * area)
  const copy = size.height === to.height && size.width === to.width ? copied : to.resize === 'pad' ? padded : bilinear()
  for (let image = 0; image < images; image++) {
    for (let channel = 0; channel < to.channels; channel++) {
      const from = (image * size.channels + (size.channels === 1 ? 0 : channel)) * plane
      const at = (image * to.channels + channel) * area
      copy(bytes.subarray(from, from + plane), out.subarray(at, at + area), { size, to })
    }
  }
  return out
}

type Sizes = Readonly<Record<'size' | 'to', ImageSize>>
type CopyPlane = (from: Uint8Array, into: Float32Array, sizes: Sizes) => void

const copied: CopyPlane = (from, into) => into.set(from)

const padded: CopyPlane = (from, into, { size, to }) => {
  const [top, left] = [Math.floor((to.height - size.height) / 2), Math.floor((to.width - size.width) / 2)]
  for (let y = 0; y < size.height; y++) {
    into.set(from.subarray(y * size.width, (y + 1) * size.width), (top + y) * to.width + left)
  }
}

interface Taps {
  readonly first: Uint32Array
  readonly second: Uint32Array
  /** Weight of the second pixel. */
  readonly weight: Float32Array
}

/** The two source pixels of each of `count` pixels, among `from` ones. */
function taps(from: number, count: number): Taps {
  const at = (i: number) => i * (from / count)
  return {
    first: Uint32Array.from({ length: count }, (_, i) => Math.floor(at(i))),
    second: Uint32Array.from({ length: count }, (_, i) => Math.min(from - 1, Math.floor(at(i)) + 1)),
    weight: Float32Array.from({ length: count }, (_, i) => at(i) - Math.floor(at(i))),
  }
}

/** Computes the taps for the first plane, and reuses them. */
function bilinear(): CopyPlane {
  let rows: Taps | undefined
  let columns: Taps | undefined
  return (from, into, { size, to }) => {
    rows ??= taps(size.height, to.height)
    columns ??= taps(size.width, to.width)
    for (let y = 0; y < to.height; y++) {
      const upper = rows.first[y]! * size.width
      const lower = rows.second[y]! * size.width
      const down = rows.weight[y]!
      for (let x = 0; x < to.width; x++) {
        const [left, right, across] = [columns.first[x]!, columns.second[x]!, columns.weight[x]!]
        const top = from[upper + left]! + (from[upper + right]! - from[upper + left]!) * across
        const bottom = from[lower + left]! + (from[lower + right]! - from[lower + left]!) * across
        into[y * to.width + x] = top + (bottom - top) * down
      }
    }
  }
}
