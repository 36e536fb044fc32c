/** The geometry of sliding windows in NCHW or NCDHW, shared by pools and convolutions in two and three dimensions and their gradients. */

import type { backend_util } from '@tensorflow/tfjs-core'
import type { Layout, Shape } from '../graph/layout.ts'
import { emit, integers, type Value } from '../graph/value.ts'
import { castTo, inLayout, type Lazy } from '../lazy.ts'
import { padValue } from './shape.ts'

type Info2D = backend_util.Conv2DInfo
type Info3D = backend_util.Conv3DInfo

/** One number per spatial dimension. */
type Sizes = readonly number[]

export interface Windows {
  readonly batch: number
  readonly inChannels: number
  readonly outChannels: number
  readonly input: Sizes
  readonly output: Sizes
  readonly filter: Sizes
  readonly strides: Sizes
  readonly dilations: Sizes
  /** Padding before the first element. */
  readonly before: Sizes
}

export function windowsOf(info: Info2D | Info3D): Windows {
  const { batchSize: batch, inChannels, outChannels, padInfo } = info
  const flat = {
    input: [info.inHeight, info.inWidth],
    output: [info.outHeight, info.outWidth],
    filter: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    before: [padInfo.top, padInfo.left],
  }
  if (!('inDepth' in info)) return { batch, inChannels, outChannels, ...flat }
  return {
    ...{ batch, inChannels, outChannels },
    input: [info.inDepth, ...flat.input],
    output: [info.outDepth, ...flat.output],
    filter: [info.filterDepth, ...flat.filter],
    strides: [info.strideDepth, ...flat.strides],
    dilations: [info.dilationDepth, ...flat.dilations],
    before: [info.padInfo.front, ...flat.before],
  }
}

/** Size of a window, including dilation. */
const extent = ({ filter, dilations }: Windows, i: number): number =>
  ((filter[i] as number) - 1) * (dilations[i] as number) + 1

/** End of the last window, relative to the first element of the input. */
const end = (windows: Windows, i: number): number =>
  ((windows.output[i] as number) - 1) * (windows.strides[i] as number) +
  extent(windows, i) -
  (windows.before[i] as number)

/** Padding after the last element that windows reach; negative where they leave elements out. */
export const paddingAfter = (windows: Windows): number[] => windows.input.map((size, i) => end(windows, i) - size)

/** The attributes of ONNX's pools and convolutions. */
export const attributesOf = (windows: Windows) => ({
  strides: windows.strides,
  dilations: windows.dilations,
  pads: [...windows.before, ...paddingAfter(windows).map(n => Math.max(n, 0))],
})

/** The layout of channels-last tensors that are stored channels-first. */
export const channelsFirst = (rank: number): Layout => [
  0,
  rank - 1,
  ...Array.from({ length: rank - 2 }, (_, i) => i + 1),
]

/** The channels-first value of a channels-last tensor. */
export const spatial = (x: Lazy): Value => castTo(inLayout(x, channelsFirst(x.shape.length)), 'float32')

/** A channels-first value as a channels-last tensor. */
export function channelsLast(value: Value): Lazy {
  const [n, c, ...sizes] = value.shape as [number, number, ...number[]]
  return { shape: [n, ...sizes, c], dtype: 'float32', layout: channelsFirst(value.shape.length), value }
}

/** A convolution of `x` with filters of `groups` groups of channels. */
export const convolve = (x: Value, filter: Value, windows: Windows, groups = 1): Value =>
  emit('Conv', [x, filter], {
    shape: [windows.batch, windows.outChannels, ...windows.output],
    attributes: { ...attributesOf(windows), ...(groups > 1 && { group: groups }) },
  })

/** Values joined along a dimension. */
export function joined(parts: readonly Value[], axis: number): Value {
  const [first] = parts as [Value]
  if (parts.length === 1) return first
  const shape = first.shape.with(
    axis,
    parts.reduce((sum, part) => sum + (part.shape[axis] as number), 0),
  )
  return emit('Concat', parts, { shape, attributes: { axis } })
}

/**
 * The gradient of a convolution's input: each element of `dy` times the filter, summed over windows. Elements that the strides leave out at
 * the far edges are the output padding of ConvTranspose.
 */
export function spreadOver(dy: Value, filter: Value, windows: Windows, groups = 1): Value {
  const after = paddingAfter(windows)
  return emit('ConvTranspose', [dy, filter], {
    shape: [windows.batch, windows.inChannels, ...windows.input],
    attributes: {
      strides: windows.strides,
      dilations: windows.dilations,
      pads: [...windows.before, ...after.map(n => Math.max(n, 0))],
      output_padding: after.map(n => Math.max(-n, 0)),
      group: groups,
    },
  })
}

/** For each tap of the filter, in row-major order, the elements of the input that it is multiplied with. */
export function taps(x: Value, windows: Windows): Value[] {
  const { before, filter, strides, dilations, output } = windows
  const after = paddingAfter(windows).map(n => Math.max(n, 0))
  const padded = padValue(x, { before: [0, 0, ...before], after: [0, 0, ...after] })
  if (output.every((size, i) => size === padded.shape[i + 2])) return [padded]
  const axes = output.map((_, i) => i + 2)
  const shape: Shape = [...x.shape.slice(0, 2), ...output]
  return everyOffset(filter).map(offset => {
    const starts = offset.map((at, i) => at * (dilations[i] as number))
    const ends = starts.map((start, i) => start + ((output[i] as number) - 1) * (strides[i] as number) + 1)
    return emit('Slice', [padded, ...[starts, ends, axes, strides].map(integers)], { shape })
  })
}

/** All offsets in a box, the last dimension fastest. */
const everyOffset = (sizes: Sizes): number[][] =>
  sizes.reduce<number[][]>(
    (offsets, size) => offsets.flatMap(offset => Array.from({ length: size }, (_, i) => [...offset, i])),
    [[]],
  )
