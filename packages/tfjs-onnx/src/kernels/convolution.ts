/**
 * Convolutions of images and volumes and their gradients, channels first and with OIHW filters. The gradients have the form that is fastest on
 * ONNX Runtime's CPU provider: with stride 1, the input gradient is a convolution with the flipped filter (ConvTranspose is slower), the filter
 * gradient a batched matrix product (a convolution of transposes takes three times as long). Most convolutions of images use
 * `blocked-convolution.ts` where the runtime supports it. Measurements: `docs/decisions/`.
 */

import { backend_util } from '@tensorflow/tfjs-core'
import { type Layout, type Shape, sizeOf } from '../graph/layout.ts'
import { emit, integers, reshaped, transposed, type Value } from '../graph/value.ts'
import { castTo, inLayout, type Lazy, rowMajor, rowMajorValue } from '../lazy.ts'
import {
  type Blocks,
  blockedFilterGradient,
  blockedForward,
  blockedInputGradient,
  fitsBlocks,
  fitsBlocksBackwards,
} from './blocked-convolution.ts'
import type { Call, KernelFunction, KernelTable } from './call.ts'
import { apply } from './elementwise.ts'
import { finish } from './matmul.ts'
import { padValue, reversed } from './shape.ts'
import { channelsLast, convolve, joined, spatial, spreadOver, taps, type Windows, windowsOf } from './window.ts'

type Info = backend_util.Conv2DInfo
type Shape4D = [number, number, number, number]
type Shape5D = [...Shape4D, number]

interface Shapes {
  readonly input: Shape
  readonly filter: Shape
}

/** Conversion between images of tfjs and values in NCHW. */
const formatOf = (call: Call): { readonly read: (x: Lazy) => Value; readonly write: (value: Value) => Lazy } =>
  call.attribute('dataFormat') === 'NCHW'
    ? { read: x => castTo(rowMajorValue(x), 'float32'), write: value => rowMajor(value) }
    : { read: spatial, write: channelsLast }

const infoOf = (call: Call, { input, filter }: Shapes, depthwise = false): Info =>
  backend_util.computeConv2DInfo(
    [...input] as Shape4D,
    [...filter] as Shape4D,
    call.attribute('strides'),
    call.attribute<number | undefined>('dilations') ?? 1,
    call.attribute('pad'),
    call.attribute('dimRoundingMode'),
    depthwise,
    backend_util.convertConv2DDataFormat(call.attribute<'NHWC' | 'NCHW' | undefined>('dataFormat') ?? 'NHWC'),
  )

/** [H, W, I, O] or [D, H, W, I, O] with the channels first: the layout of the filter, and its value. */
const channelsBefore = (rank: number): Layout => [rank - 1, rank - 2, ...Array(rank - 2).keys()]
const oihw = (filter: Lazy): Value => castTo(inLayout(filter, channelsBefore(filter.shape.length)), 'float32')

const forward: KernelFunction = call => {
  const [x, filter] = [call.input('x'), call.input('filter')]
  const info = infoOf(call, { input: x.shape, filter: filter.shape })
  const { read, write } = formatOf(call)
  const blocks = { info, block: call.channelBlock }
  const inputs = [read(x), oihw(filter)] as const
  return write(fitsBlocks(blocks) ? blockedForward(...inputs, blocks) : convolve(...inputs, windowsOf(info)))
}

// ---- gradient of the input -----------------------------------------------------------------------------------------

const inputGradient: KernelFunction = call => {
  const [dy, filter] = [call.input('dy'), call.input('filter')]
  const info = infoOf(call, { input: call.attribute('inputShape'), filter: filter.shape })
  const { read, write } = formatOf(call)
  const blocks = { info, block: call.channelBlock }
  const inputs = [fitted(read(dy), info), oihw(filter)] as const
  if (fitsBlocksBackwards(blocks)) return write(blockedInputGradient(...inputs, blocks))
  const unit = info.strideHeight === 1 && info.strideWidth === 1
  return write(unit ? convolveBack(...inputs, info) : spreadOver(...inputs, windowsOf(info)))
}

/** Crops a gradient that is larger than the output of the convolution, as tfjs does. */
function fitted(dy: Value, info: Info): Value {
  const [, , height, width] = dy.shape as Shape4D
  return cropAround(dy, [0, 0, info.outHeight - height, info.outWidth - width])
}

function convolveBack(dy: Value, filter: Value, info: Info): Value {
  const swapped = transposed(filter, [1, 0, 2, 3])
  const turned = info.filterHeight * info.filterWidth === 1 ? swapped : reversed(swapped, [2, 3])
  const [down, right] = [info.effectiveFilterHeight - 1, info.effectiveFilterWidth - 1]
  const before = [down - info.padInfo.top, right - info.padInfo.left]
  const after = [
    info.inHeight - info.outHeight + down - (before[0] as number),
    info.inWidth - info.outWidth + right - (before[1] as number),
  ]
  const pads = [...before, ...after]
  // negative padding crops the gradient
  const cropped = cropAround(dy, pads)
  return emit('Conv', [cropped, turned], {
    shape: [info.batchSize, info.inChannels, info.inHeight, info.inWidth],
    attributes: { dilations: [info.dilationHeight, info.dilationWidth], pads: pads.map(n => Math.max(n, 0)) },
  })
}

function cropAround(x: Value, pads: readonly number[]): Value {
  const cut = pads.map(n => Math.max(-n, 0)) as Shape4D
  if (cut.every(n => n === 0)) return x
  const [n, c, h, w] = x.shape as Shape4D
  const starts = [cut[0], cut[1]]
  const ends = [h - cut[2], w - cut[3]]
  return emit('Slice', [x, integers(starts), integers(ends), integers([2, 3])], {
    shape: [n, c, h - cut[0] - cut[2], w - cut[1] - cut[3]],
  })
}

// ---- gradient of the filter ----------------------------------------------------------------------------------------

const filterGradient: KernelFunction = call => {
  const [x, dy] = [call.input('x'), call.input('dy')]
  const shape = call.attribute<number[]>('filterShape')
  const info = infoOf(call, { input: x.shape, filter: shape })
  const { read } = formatOf(call)
  return { shape, dtype: 'float32', ...gradientOfFilter(read(x), read(dy), { info, block: call.channelBlock }) }
}

/** The gradient of a filter [H, W, I, O] and its layout. */
interface FilterGradient {
  readonly value: Value
  readonly layout: Layout
}

function gradientOfFilter(x: Value, dy: Value, blocks: Blocks): FilterGradient {
  const { info } = blocks
  const blocked = fitsBlocks(blocks) ? blockedFilterGradient(x, dy, blocks) : null
  if (blocked !== null) return { value: blocked, layout: channelsBefore(4) }
  const unit = info.strideHeight === 1 && info.strideWidth === 1
  return unit && info.filterHeight * info.filterWidth > 1
    ? shiftedProduct(x, dy, info)
    : tapProducts(x, dy, windowsOf(info))
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
  const rowsStacked = reshaped(joined(slopes, 1), [batchSize, filterHeight * outChannels, pixels])
  const columnsStacked = reshaped(joined(columns, 1), [batchSize, filterWidth * inChannels, pixels])
  const product = emit('MatMul', [rowsStacked, transposed(columnsStacked, [0, 2, 1])], {
    shape: [batchSize, filterHeight * outChannels, filterWidth * inChannels],
  })
  const value = reshaped(sumOver(product, [0]), [filterHeight, outChannels, filterWidth, inChannels])
  return { value, layout: [0, 3, 1, 2] }
}

/** With strides: for each tap, the product of the gradient with the input as that tap saw it. */
function tapProducts(x: Value, dy: Value, windows: Windows): FilterGradient {
  const { batch, inChannels, outChannels, output, filter } = windows
  const positions = sizeOf(output)
  const slopes = reshaped(dy, [batch, outChannels, positions])
  const sums = taps(x, windows).map(seen => {
    const columns = transposed(reshaped(seen, [batch, inChannels, positions]), [0, 2, 1])
    const product = emit('MatMul', [slopes, columns], { shape: [batch, outChannels, inChannels] })
    return reshaped(sumOver(product, [0]), [1, outChannels, inChannels])
  })
  const rank = filter.length
  return {
    value: reshaped(joined(sums, 0), [...filter, outChannels, inChannels]),
    layout: [...filter.keys(), rank + 1, rank],
  }
}

const sumOver = (x: Value, axes: readonly number[]): Value =>
  emit('ReduceSum', [x, integers(axes)], {
    shape: x.shape.filter((_, i) => !axes.includes(i)),
    attributes: { keepdims: 0 },
  })

// ---- volumes -------------------------------------------------------------------------------------------------------

const volumeWindows = (call: Call, { input, filter }: Shapes): Windows =>
  windowsOf(
    backend_util.computeConv3DInfo(
      [...input] as Shape5D,
      [...filter] as Shape5D,
      call.attribute('strides'),
      call.attribute<number | undefined>('dilations') ?? 1,
      call.attribute('pad'),
    ),
  )

const volumeForward: KernelFunction = call => {
  const [x, filter] = [call.input('x'), call.input('filter')]
  const windows = volumeWindows(call, { input: x.shape, filter: filter.shape })
  return channelsLast(convolve(spatial(x), oihw(filter), windows))
}

const volumeInputGradient: KernelFunction = call => {
  const [dy, filter] = [call.input('dy'), call.input('filter')]
  const windows = volumeWindows(call, { input: call.attribute('inputShape'), filter: filter.shape })
  return channelsLast(spreadOver(spatial(dy), oihw(filter), windows))
}

const volumeFilterGradient: KernelFunction = call => {
  const [x, dy] = [call.input('x'), call.input('dy')]
  const shape = call.attribute<number[]>('filterShape')
  const windows = volumeWindows(call, { input: x.shape, filter: shape })
  return { shape, dtype: 'float32', ...tapProducts(spatial(x), spatial(dy), windows) }
}

// ---- depthwise: separate filters per channel, as grouped convolutions ----------------------------------------------

/** [H, W, I, M] -> [I·M, 1, H, W], one filter per output channel */
function grouped(filter: Lazy): Value {
  const [height, width, channels, multiplier] = filter.shape as Shape4D
  return reshaped(castTo(inLayout(filter, [2, 3, 0, 1]), 'float32'), [channels * multiplier, 1, height, width])
}

const depthwiseForward: KernelFunction = call => {
  const [x, filter] = [call.input('x'), call.input('filter')]
  const windows = windowsOf(infoOf(call, { input: x.shape, filter: filter.shape }, true))
  const { read, write } = formatOf(call)
  return write(convolve(read(x), grouped(filter), windows, windows.inChannels))
}

const depthwiseInputGradient: KernelFunction = call => {
  const [dy, filter] = [call.input('dy'), call.input('filter')]
  const windows = windowsOf(infoOf(call, { input: call.attribute('inputShape'), filter: filter.shape }, true))
  const { read, write } = formatOf(call)
  return write(spreadOver(read(dy), grouped(filter), windows, windows.inChannels))
}

/** For each tap, the gradient times the input of the tap, summed over images and pixels. */
const depthwiseFilterGradient: KernelFunction = call => {
  const [x, dy] = [call.input('x'), call.input('dy')]
  const shape = call.attribute<number[]>('filterShape')
  const windows = windowsOf(infoOf(call, { input: x.shape, filter: shape }, true))
  const { read } = formatOf(call)
  const { batch, inChannels, outChannels, output } = windows
  const [multiplier, pixels] = [outChannels / inChannels, sizeOf(output)]
  const slopes = reshaped(read(dy), [batch, inChannels, multiplier, pixels])
  const sums = taps(read(x), windows).map(seen => {
    const product = apply('Mul', slopes, reshaped(seen, [batch, inChannels, 1, pixels]))
    return reshaped(sumOver(product, [0, 3]), [1, inChannels, multiplier])
  })
  return rowMajor(reshaped(joined(sums, 0), shape))
}

export const convolutionKernels: KernelTable = {
  Conv2D: forward,
  FusedConv2D: call => finish(call, forward(call) as Lazy),
  Conv2DBackpropInput: inputGradient,
  Conv2DBackpropFilter: filterGradient,
  Conv3D: volumeForward,
  Conv3DBackpropInputV2: volumeInputGradient,
  Conv3DBackpropFilterV2: volumeFilterGradient,
  DepthwiseConv2dNative: depthwiseForward,
  FusedDepthwiseConv2D: call => finish(call, depthwiseForward(call) as Lazy),
  DepthwiseConv2dNativeBackpropInput: depthwiseInputGradient,
  DepthwiseConv2dNativeBackpropFilter: depthwiseFilterGradient,
}
