/**
 * Convolutions and their gradients on images in blocks of channels, [N, C/B, H, W, B], with the operators that ONNX Runtime uses for
 * convolutions with constant filters (domain `com.microsoft.nchwc`; B is 16 with AVX-512). They need no im2col and run at nearly the peak
 * speed of the processor. In training filters change in every step, so the graph reorders them, which is cheap.
 *
 * There is no operator for the filter's gradient, but it can be written as a convolution:
 *
 *     dw[o, i, r, s] = Σ over n, h, w of dy[n, o, h, w] · x[n, i, h + r, w + s]
 *
 * The sum over images takes the role of channels, and dy is a filter as large as an image. x has (w, i) as one dimension, in which the
 * columns of the filter are B apart: the positions of the filter are then exactly (s, i), without shifted copies of x. With fewer images
 * than B, strips of an image count as images.
 *
 * Strides are supported; dilations and filters of one pixel, which are matrix products, are not. Exported models do not use this.
 */

import type { backend_util } from '@tensorflow/tfjs-core'
import type { Shape } from '../graph/layout.ts'
import { emit, integers, reshaped, transposed, type Value } from '../graph/value.ts'
import { padValue } from './shape.ts'

type Info = backend_util.Conv2DInfo

const domain = 'com.microsoft.nchwc'

/** Below this number of pixels per batch, reordering the filter does not pay off. */
const fewestPixels = 128

export interface Blocks {
  readonly info: Info
  /** B; 1 where the runtime does not have these operators. */
  readonly block: number
}

/** Whether a convolution can be computed in blocks of this many channels. */
export function fitsBlocks({ info, block }: Blocks): boolean {
  const wide = info.filterHeight * info.filterWidth > 1
  const whole = info.inChannels % block === 0 && info.outChannels % block === 0
  const plain = info.dilationHeight === 1 && info.dilationWidth === 1
  return block > 1 && wide && whole && plain && info.batchSize * info.outHeight * info.outWidth >= fewestPixels
}

/** Whether the gradient of the input can, too: with stride 1, and padding smaller than the filter. */
export function fitsBlocksBackwards({ info, block }: Blocks): boolean {
  const unit = info.strideHeight === 1 && info.strideWidth === 1
  return unit && fitsBlocks({ info, block }) && turnedPads(info).every(pad => pad >= 0)
}

/** Reorders into blocks, once per value. The declared shape stays [N, C, H, W]. */
export function intoBlocks(x: Value): Value {
  const known = inBlocks.get(x)
  if (known !== undefined) return known
  const blocked = emit('ReorderInput', [x], { shape: x.shape, domain })
  inBlocks.set(x, blocked)
  return blocked
}

const inBlocks = new WeakMap<Value, Value>()

const outOfBlocks = (x: Value): Value =>
  emit('ReorderOutput', [x], { shape: x.shape, domain, attributes: { channels: x.shape[1] as number } })

interface BlockedConv {
  readonly shape: Shape
  readonly kernel: readonly [number, number]
  readonly strides?: readonly [number, number]
  readonly dilations?: readonly [number, number]
  /** Top, left, bottom, right. */
  readonly pads?: readonly number[]
}

const convolve = (inputs: readonly Value[], conv: BlockedConv): Value =>
  emit('Conv', inputs, {
    shape: conv.shape,
    domain,
    attributes: {
      kernel_shape: conv.kernel,
      strides: conv.strides ?? [1, 1],
      dilations: conv.dilations ?? [1, 1],
      pads: conv.pads ?? [0, 0, 0, 0],
      group: 1,
    },
  })

/** x [N, I, H, W] and filter [O, I, R, S] -> [N, O, H', W']. */
export function blockedForward(x: Value, filter: Value, { info, block }: Blocks): Value {
  const { top, left, bottom, right } = info.padInfo
  const inputs = [intoBlocks(x), filterBlocks(filter, block)]
  return outOfBlocks(
    convolve(inputs, {
      shape: [info.batchSize, info.outChannels, info.outHeight, info.outWidth],
      kernel: [info.filterHeight, info.filterWidth],
      strides: [info.strideHeight, info.strideWidth],
      pads: [top, left, bottom, right],
    }),
  )
}

/** dy [N, O, H', W'] and filter [O, I, R, S] -> [N, I, H, W]: a convolution with the flipped filter, stride 1. */
export function blockedInputGradient(dy: Value, filter: Value, { info, block }: Blocks): Value {
  return outOfBlocks(
    convolve([intoBlocks(dy), turnedFilterBlocks(filter, block)], {
      shape: [info.batchSize, info.inChannels, info.inHeight, info.inWidth],
      kernel: [info.filterHeight, info.filterWidth],
      pads: turnedPads(info),
    }),
  )
}

/** Padding of the convolution with the flipped filter. */
function turnedPads(info: Info): number[] {
  const top = info.filterHeight - 1 - info.padInfo.top
  const left = info.filterWidth - 1 - info.padInfo.left
  const bottom = info.inHeight - info.outHeight + info.filterHeight - 1 - top
  const right = info.inWidth - info.outWidth + info.filterWidth - 1 - left
  return [top, left, bottom, right]
}

/** [O, I, R, S] -> [O/B, I/B, R, S, B of I, B of O] */
function filterBlocks(filter: Value, block: number): Value {
  const [outputs, inputs, height, width] = filter.shape as [number, number, number, number]
  const taps = height * width
  const byOutput = intoBlocks(reshaped(filter, [1, outputs, 1, inputs * taps]))
  const parts = reshaped(byOutput, [outputs / block, inputs / block, block, taps, block])
  return reshaped(transposed(parts, [0, 1, 3, 2, 4]), filter.shape)
}

/** [O, I, R, S] -> [I/B, O/B, R, S, B of O, B of I], last rows and columns first */
function turnedFilterBlocks(filter: Value, block: number): Value {
  const [outputs, inputs, height, width] = filter.shape as [number, number, number, number]
  const taps = height * width
  const byInput = intoBlocks(reshaped(filter, [outputs, inputs, 1, taps]))
  const parts = reshaped(byInput, [outputs / block, block, inputs / block, taps, block])
  const swapped = transposed(parts, [2, 0, 3, 1, 4])
  const backwards = integers([...Array(taps).keys()].reverse())
  const turned =
    taps === 1 ? swapped : emit('Gather', [swapped, backwards], { shape: swapped.shape, attributes: { axis: 2 } })
  return reshaped(turned, [inputs, outputs, height, width])
}

// ---- gradient of the filter ----------------------------------------------------------------------------------------

/** Target size of a strip: 64 channels of it fit into the cache of a core. */
const pixelsOfStrip = 128

/** The number of strips per image for which the total is a multiple of B; null if there is none. */
function stripsFor({ batchSize, outHeight, outWidth }: Info, block: number): number | null {
  let chosen: number | null = null
  for (let strips = 1; strips <= outHeight; strips++) {
    if ((batchSize * strips) % block !== 0 || outHeight % strips !== 0) continue
    chosen = strips
    if ((outHeight / strips) * outWidth <= pixelsOfStrip) break
  }
  return chosen
}

/** x [N, I, H, W], dy [N, O, H', W'] -> [O, I, R, S]; null if the images cannot be split into blocks. */
export function blockedFilterGradient(x: Value, dy: Value, { info, block }: Blocks): Value | null {
  const strips = stripsFor(info, block)
  if (strips === null) return null
  const { inChannels, outChannels, filterHeight, filterWidth, outHeight, outWidth } = info
  const size: StripSize = {
    strips,
    images: (info.batchSize * strips) / block,
    rows: (outHeight / strips - 1) * info.strideHeight + filterHeight,
    columns: (outWidth - 1) * info.strideWidth + filterWidth,
    slopeRows: outHeight / strips,
  }
  const product = convolve([stripsOfInput(x, size, { info, block }), stripsOfSlope(dy, size, { info, block })], {
    shape: [inChannels / block, outChannels, filterHeight, filterWidth * block],
    kernel: [size.slopeRows, outWidth],
    dilations: [info.strideHeight, info.strideWidth * block],
  })
  return filterOutOfBlocks(product, { info, block })
}

/** [I/B, O/B, R·S, B of I, B of O] -> [O, I, R, S]; whole blocks of channels are moved first, which is fast. */
function filterOutOfBlocks(product: Value, { info, block }: Blocks): Value {
  const { inChannels, outChannels, filterHeight, filterWidth } = info
  const taps = filterHeight * filterWidth
  const [from, to] = [inChannels / block, outChannels / block]
  const byOutput = transposed(reshaped(product, [from, to, taps * block * block]), [1, 0, 2])
  const rows = outOfBlocks(reshaped(byOutput, [to, block, 1, from * taps * block]))
  const filters = outOfBlocks(reshaped(rows, [outChannels * from, block, 1, taps]))
  return reshaped(filters, [outChannels, inChannels, filterHeight, filterWidth])
}

interface StripSize {
  readonly strips: number
  /** Blocks of strips. */
  readonly images: number
  /** Of x in a strip, with its surroundings. */
  readonly rows: number
  readonly columns: number
  /** Of dy in a strip. */
  readonly slopeRows: number
}

/** [N, I, H, W] -> [I/B, strips/B, rows, (columns, B of I), B of strips] */
function stripsOfInput(
  x: Value,
  { strips, images, rows, columns, slopeRows }: StripSize,
  { info, block }: Blocks,
): Value {
  const { batchSize, inChannels, inHeight, inWidth, padInfo, strideHeight } = info
  const groups = inChannels / block
  const height = (info.outHeight - 1) * strideHeight + info.filterHeight
  const parts = reshaped(intoBlocks(x), [batchSize, groups, inHeight, inWidth, block])
  const padded = padValue(parts, {
    before: [0, 0, padInfo.top, padInfo.left, 0],
    after: [0, 0, height - inHeight - padInfo.top, columns - inWidth - padInfo.left, 0],
  })
  const shape = [batchSize, groups, rows, columns, block]
  const cut = Array.from({ length: strips }, (_, i) => {
    const start = i * slopeRows * strideHeight
    return emit('Slice', [padded, integers([start]), integers([start + rows]), integers([2])], { shape })
  })
  const all =
    strips === 1
      ? padded
      : emit('Concat', cut, { shape: [strips * batchSize, ...shape.slice(1)], attributes: { axis: 0 } })
  const each = rows * columns * block
  const inner = reshaped(intoBlocks(reshaped(all, [images, block, 1, groups * each])), [images, groups * each, block])
  const outer = images === 1 ? inner : transposed(reshaped(inner, [images, groups, each * block]), [1, 0, 2])
  return reshaped(outer, [groups, images * block, rows, columns * block])
}

/** [N, O, H', W'] -> [O/B, strips/B, rows, columns, B of strips, B of O] */
function stripsOfSlope(dy: Value, { strips, images, slopeRows }: StripSize, { info, block }: Blocks): Value {
  const { batchSize, outChannels, outWidth } = info
  const groups = outChannels / block
  const pixels = slopeRows * outWidth
  const blocked = intoBlocks(dy)
  const shape = [outChannels, images * block, slopeRows, outWidth]
  if (batchSize % block === 0) {
    const parts = reshaped(blocked, [batchSize / block, block, groups, strips, pixels, block])
    return reshaped(transposed(parts, [2, 3, 0, 4, 1, 5]), shape)
  }
  const strip = reshaped(blocked, [batchSize, groups, strips, pixels, block])
  const regrouped = reshaped(transposed(strip, [2, 0, 1, 3, 4]), [images, block, groups, pixels, block])
  return reshaped(transposed(regrouped, [2, 0, 3, 1, 4]), shape)
}
