/**
 * Convolutions and their gradients, in NCHW with OIHW filters. The gradients have the form that is fastest on ONNX Runtime's CPU provider:
 * the input gradient is a convolution with the flipped filter (ConvTranspose is slower), the filter gradient is a batched matrix product
 * (a convolution of transposes takes three times as long). Most convolutions use `blocked-convolution.ts` where the runtime supports it.
 * Measurements: `docs/decisions/`.
 */

import { backend_util } from '@tensorflow/tfjs-core'
import { identityLayout, type Layout, type Shape } from '../graph/layout.ts'
import { emit, integers, reshaped, transposed, type Value } from '../graph/value.ts'
import { castTo, inLayout, type Lazy, rowMajor } from '../lazy.ts'
import {
  type Blocks,
  blockedFilterGradient,
  blockedForward,
  blockedInputGradient,
  fitsBlocks,
  fitsBlocksBackwards,
} from './blocked-convolution.ts'
import type { Call, KernelFunction, KernelTable } from './call.ts'
import { finish } from './matmul.ts'
import { padValue, reversed } from './shape.ts'

type Info = backend_util.Conv2DInfo

const nhwcAsNchw: Layout = [0, 3, 1, 2]
const hwioAsOihw: Layout = [3, 2, 0, 1]

const nchw = (x: Lazy, info: Info): Value =>
  castTo(inLayout(x, info.dataFormat === 'channelsLast' ? nhwcAsNchw : identityLayout(4)), 'float32')

/** A result in NCHW as a tensor in the data format of tfjs. */
function image(value: Value, info: Info): Lazy {
  if (info.dataFormat === 'channelsFirst') return rowMajor(value)
  const [n, c, h, w] = value.shape as [number, number, number, number]
  return { shape: [n, h, w, c], dtype: 'float32', layout: nhwcAsNchw, value }
}

const oihw = (filter: Lazy): Value => castTo(inLayout(filter, hwioAsOihw), 'float32')

const outShape = ({ batchSize, outChannels, outHeight, outWidth }: Info): Shape => [
  batchSize,
  outChannels,
  outHeight,
  outWidth,
]

const padsOf = ({ padInfo: { top, left, bottom, right } }: Info): number[] => [top, left, bottom, right]

function infoOf(call: Call, shapes: { input: Shape; filter: Shape }): Info {
  const format = backend_util.convertConv2DDataFormat(
    call.attribute<'NHWC' | 'NCHW' | undefined>('dataFormat') ?? 'NHWC',
  )
  return backend_util.computeConv2DInfo(
    shapes.input as [number, number, number, number],
    shapes.filter as [number, number, number, number],
    call.attribute('strides'),
    call.attribute<number | undefined>('dilations') ?? 1,
    call.attribute('pad'),
    call.attribute('dimRoundingMode'),
    false,
    format,
  )
}

const plainForward = (x: Value, filter: Value, { info }: Blocks): Value =>
  emit('Conv', [x, filter], {
    shape: outShape(info),
    attributes: {
      strides: [info.strideHeight, info.strideWidth],
      dilations: [info.dilationHeight, info.dilationWidth],
      pads: padsOf(info),
    },
  })

const forward: KernelFunction = call => {
  const x = call.input('x')
  const filter = call.input('filter')
  const info = infoOf(call, { input: x.shape, filter: filter.shape })
  const blocks = { info, block: call.channelBlock }
  const convolve = fitsBlocks(blocks) ? blockedForward : plainForward
  return image(convolve(nchw(x, info), oihw(filter), blocks), info)
}

// ---- gradient of the input -----------------------------------------------------------------------------------------

const inputGradient: KernelFunction = call => {
  const dy = call.input('dy')
  const filter = call.input('filter')
  const info = infoOf(call, { input: call.attribute('inputShape'), filter: filter.shape })
  const slope = fitted(nchw(dy, info), info)
  const blocks = { info, block: call.channelBlock }
  if (fitsBlocksBackwards(blocks)) return image(blockedInputGradient(slope, oihw(filter), blocks), info)
  return image(gradientOfInput(slope, oihw(filter), info), info)
}

/** Crops a gradient that is larger than the output of the convolution, as tfjs does. */
function fitted(dy: Value, info: Info): Value {
  const [, , height, width] = dy.shape as [number, number, number, number]
  return cropAround(dy, [0, 0, info.outHeight - height, info.outWidth - width])
}

export function gradientOfInput(dy: Value, filter: Value, info: Info): Value {
  const unit = info.strideHeight === 1 && info.strideWidth === 1
  return unit ? convolveBack(dy, filter, info) : convolveTransposed(dy, filter, info)
}

const inShape = ({ batchSize, inChannels, inHeight, inWidth }: Info): Shape => [
  batchSize,
  inChannels,
  inHeight,
  inWidth,
]

const reach = (info: Info): [number, number] => [info.effectiveFilterHeight - 1, info.effectiveFilterWidth - 1]

function convolveBack(dy: Value, filter: Value, info: Info): Value {
  const swapped = transposed(filter, [1, 0, 2, 3])
  const turned = info.filterHeight * info.filterWidth === 1 ? swapped : reversed(swapped, [2, 3])
  const [down, right] = reach(info)
  const before = [down - info.padInfo.top, right - info.padInfo.left]
  const after = [
    info.inHeight - info.outHeight + down - (before[0] as number),
    info.inWidth - info.outWidth + right - (before[1] as number),
  ]
  const pads = [...before, ...after]
  // negative padding crops the gradient
  const cropped = cropAround(dy, pads)
  return emit('Conv', [cropped, turned], {
    shape: inShape(info),
    attributes: { dilations: [info.dilationHeight, info.dilationWidth], pads: pads.map(n => Math.max(n, 0)) },
  })
}

function cropAround(x: Value, pads: readonly number[]): Value {
  const cut = pads.map(n => Math.max(-n, 0)) as [number, number, number, number]
  if (cut.every(n => n === 0)) return x
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const starts = [cut[0], cut[1]]
  const ends = [h - cut[2], w - cut[3]]
  return emit('Slice', [x, integers(starts), integers(ends), integers([2, 3])], {
    shape: [n, c, h - cut[0] - cut[2], w - cut[1] - cut[3]],
  })
}

/** Rows and columns at the bottom and right that the stride leaves out are the output padding of ConvTranspose. */
function convolveTransposed(dy: Value, filter: Value, info: Info): Value {
  const [down, right] = reach(info)
  const { top, bottom, left } = info.padInfo
  const covered = (size: number, stride: number, extent: number) => (size - 1) * stride + extent + 1
  const height = covered(info.outHeight, info.strideHeight, down)
  const width = covered(info.outWidth, info.strideWidth, right)
  const surplus = [info.inHeight + top - height, info.inWidth + left - width]
  return emit('ConvTranspose', [dy, filter], {
    shape: inShape(info),
    attributes: {
      strides: [info.strideHeight, info.strideWidth],
      dilations: [info.dilationHeight, info.dilationWidth],
      pads: [top, left, ...surplus.map(n => Math.max(-n, 0))],
      output_padding: surplus.map(n => Math.max(n, 0)),
      ...(bottom < 0 ? { auto_pad: 'NOTSET' } : {}),
    },
  })
}

// ---- gradient of the filter ----------------------------------------------------------------------------------------

const filterGradient: KernelFunction = call => {
  const x = call.input('x')
  const dy = call.input('dy')
  const info = infoOf(call, { input: x.shape, filter: call.attribute('filterShape') })
  const { value, layout } = gradientOfFilter(nchw(x, info), nchw(dy, info), { info, block: call.channelBlock })
  const shape = [info.filterHeight, info.filterWidth, info.inChannels, info.outChannels]
  return { shape, dtype: 'float32', layout, value }
}

/** The gradient of a filter [H, W, I, O] and its layout. */
interface FilterGradient {
  readonly value: Value
  readonly layout: Layout
}

function gradientOfFilter(x: Value, dy: Value, blocks: Blocks): FilterGradient {
  const { info } = blocks
  const blocked = fitsBlocks(blocks) ? blockedFilterGradient(x, dy, blocks) : null
  if (blocked !== null) return { value: blocked, layout: hwioAsOihw }
  const unit = info.strideHeight === 1 && info.strideWidth === 1
  return unit && info.filterHeight * info.filterWidth > 1 ? shiftedProduct(x, dy, info) : tapProducts(x, dy, info)
}

/**
 * One matrix product for all taps: the input shifted by each column of the filter, stacked, times the gradient shifted
 * by each row, stacked. Shifting is padding (a negative pad crops); whole rows stay contiguous, so pixels can be summed
 * over as one dimension.
 */
function shiftedProduct(x: Value, dy: Value, info: Info): FilterGradient {
  const { batchSize, inChannels, outChannels, filterHeight, filterWidth, outHeight, outWidth } = info
  const rows = outHeight + (filterHeight - 1) * info.dilationHeight
  const { top, left } = info.padInfo
  const columns = Array.from({ length: filterWidth }, (_, i) => {
    const shift = left - i * info.dilationWidth
    return padValue(x, {
      before: [0, 0, top, shift],
      after: [0, 0, rows - info.inHeight - top, outWidth - info.inWidth - shift],
    })
  })
  const slopes = Array.from({ length: filterHeight }, (_, i) => {
    const shift = i * info.dilationHeight
    return padValue(dy, { before: [0, 0, shift, 0], after: [0, 0, rows - outHeight - shift, 0] })
  })
  const pixels = rows * outWidth
  const rowsStacked = reshaped(stack(slopes), [batchSize, filterHeight * outChannels, pixels])
  const columnsStacked = reshaped(stack(columns), [batchSize, filterWidth * inChannels, pixels])
  const product = emit('MatMul', [rowsStacked, transposed(columnsStacked, [0, 2, 1])], {
    shape: [batchSize, filterHeight * outChannels, filterWidth * inChannels],
  })
  const value = reshaped(sumOverBatch(product), [filterHeight, outChannels, filterWidth, inChannels])
  return { value, layout: [0, 3, 1, 2] }
}

/** Joined along the channels. */
function stack(parts: readonly Value[]): Value {
  const [first] = parts as [Value]
  if (parts.length === 1) return first
  const [n, c, h, w] = first.shape as [number, number, number, number]
  return emit('Concat', parts, { shape: [n, c * parts.length, h, w], attributes: { axis: 1 } })
}

/** With strides: for each tap, the product of the gradient with the input as that tap saw it. */
function tapProducts(x: Value, dy: Value, info: Info): FilterGradient {
  const { batchSize, inChannels, outChannels, filterHeight, filterWidth } = info
  const pixels = info.outHeight * info.outWidth
  const slopes = reshaped(dy, [batchSize, outChannels, pixels])
  const { top, bottom, left, right } = info.padInfo
  const padded = padValue(x, { before: [0, 0, top, left], after: [0, 0, Math.max(bottom, 0), Math.max(right, 0)] })
  const taps: Value[] = []
  for (let row = 0; row < filterHeight; row++) {
    for (let column = 0; column < filterWidth; column++) {
      const seen = reshaped(tapView(padded, info, { row, column }), [batchSize, inChannels, pixels])
      const product = emit('MatMul', [slopes, transposed(seen, [0, 2, 1])], {
        shape: [batchSize, outChannels, inChannels],
      })
      taps.push(reshaped(sumOverBatch(product), [1, outChannels, inChannels]))
    }
  }
  const all =
    taps.length === 1
      ? (taps[0] as Value)
      : emit('Concat', taps, { shape: [taps.length, outChannels, inChannels], attributes: { axis: 0 } })
  return { value: reshaped(all, [filterHeight, filterWidth, outChannels, inChannels]), layout: [0, 1, 3, 2] }
}

const sumOverBatch = (x: Value): Value =>
  emit('ReduceSum', [x, integers([0])], { shape: x.shape.slice(1), attributes: { keepdims: 0 } })

function tapView(padded: Value, info: Info, tap: { row: number; column: number }): Value {
  const { outHeight, outWidth, strideHeight, strideWidth } = info
  const starts = [tap.row * info.dilationHeight, tap.column * info.dilationWidth] as const
  const ends = [starts[0] + (outHeight - 1) * strideHeight + 1, starts[1] + (outWidth - 1) * strideWidth + 1]
  const [n, c, height, width] = padded.shape as [number, number, number, number]
  if (starts[0] === 0 && starts[1] === 0 && outHeight === height && outWidth === width) return padded
  const axes = [integers([2, 3]), integers([strideHeight, strideWidth])]
  return emit('Slice', [padded, integers(starts), integers(ends), ...axes], { shape: [n, c, outHeight, outWidth] })
}

export const convolutionKernels: KernelTable = {
  Conv2D: forward,
  FusedConv2D: call => finish(call, forward(call) as Lazy),
  Conv2DBackpropInput: inputGradient,
  Conv2DBackpropFilter: filterGradient,
}
