/**
 * Matrix products and convolutions. tfjs is NHWC; a view with the dimensions of NCHW over the same memory is libtorch's `channels_last`,
 * its fast layout, so that nothing is copied around a convolution.
 */

import { backend_util, util } from '@tensorflow/tfjs-core'
import type { Numbers } from '../backend.ts'
import type { Handle } from '../library/libtorch.ts'
import type { Torch } from '../torch.ts'
import { activate, perChannel } from './activation.ts'
import { add } from './binary.ts'
import { type Call, type KernelFunction, type KernelTable, like, result } from './call.ts'

const matmul: KernelFunction = call => {
  const { torch } = call
  const [transposeA, transposeB] = [call.attribute<boolean>('transposeA'), call.attribute<boolean>('transposeB')]
  // the product of two vectors reads each number once: bfloat16 would save no time
  const isInner =
    call.stored('a').shape.at(transposeA ? -1 : -2) === 1 && call.stored('b').shape.at(transposeB ? -2 : -1) === 1
  const [a, b] = isInner ? [call.input('a'), call.input('b')] : [call.operand('a'), call.operand('b')]
  if (a.dtype !== b.dtype || (a.dtype !== 'float32' && a.dtype !== 'int32')) return null
  const matrix = (x: Numbers, transposed: boolean) => ({
    handle: transposed ? torch.call('transpose.int', x.handle, -2, -1) : x.handle,
    rows: x.shape.at(transposed ? -1 : -2) as number,
    columns: x.shape.at(transposed ? -2 : -1) as number,
  })
  const [left, right] = [matrix(a, transposeA), matrix(b, transposeB)]
  util.assert(
    left.columns === right.rows,
    () =>
      `Error in matMul: inner shapes (${left.columns}) and (${right.rows}) of Tensors with shapes ${a.shape} and ${b.shape} and transposeA=${transposeA} and transposeB=${transposeB} must match.`,
  )
  const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
  const shape = [...batch, left.rows, right.columns]
  if (isInner && batch.length === 0 && a.dtype === 'float32') {
    const vectors = [a, b].map(({ handle }) => torch.call('reshape', handle, [left.columns])) as [Handle, Handle]
    return result(torch.call('reshape', torch.call('dot', ...vectors), shape), shape, 'float32')
  }
  return like(a, torch.call('matmul', left.handle, right.handle), shape)
}

/** Adds a bias and applies an activation, in place of tfjs's fused kernels. */
const fused =
  (product: KernelFunction): KernelFunction =>
  call => {
    const made = product(call) as Numbers | null
    if (made === null) return null
    const bias = call.optional('bias')
    const wide = made.isNarrow ? call.torch.to(made.handle, 'float32') : made.handle
    const sum = bias === null ? wide : add(call.torch, wide, perChannel(call, bias, made))
    return activate(call, result(sum, made.shape, made.dtype))
  }

export interface Geometry {
  /** Dimensions in space: 2 or 3. */
  readonly rank: number
  readonly isNchw: boolean
  readonly groups: number
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** [before, after] of each dimension in space. */
  readonly padding: readonly (readonly [number, number])[]
  readonly outShape: readonly number[]
}

export function geometry2d(info: backend_util.Conv2DInfo, groups = 1): Geometry {
  const { padInfo } = info
  return {
    rank: 2,
    isNchw: info.dataFormat === 'channelsFirst',
    groups,
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    padding: [
      [padInfo.top, padInfo.bottom],
      [padInfo.left, padInfo.right],
    ],
    outShape: info.outShape,
  }
}

function geometry3d(info: backend_util.Conv3DInfo): Geometry {
  const { padInfo } = info
  return {
    rank: 3,
    isNchw: false,
    groups: 1,
    strides: [info.strideDepth, info.strideHeight, info.strideWidth],
    dilations: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
    padding: [
      [padInfo.front, padInfo.back],
      [padInfo.top, padInfo.bottom],
      [padInfo.left, padInfo.right],
    ],
    outShape: info.outShape,
  }
}

/** Channels behind batch: [N, …, C] -> [N, C, …], a view. */
export const channelsFirst = (torch: Torch, x: Handle, { rank, isNchw }: Pick<Geometry, 'rank' | 'isNchw'>): Handle =>
  isNchw ? x : torch.call('permute', x, [0, rank + 1, ...Array.from({ length: rank }, (_, i) => i + 1)])

/** The inverse of `channelsFirst`. */
export const channelsLast = (torch: Torch, x: Handle, { rank, isNchw }: Pick<Geometry, 'rank' | 'isNchw'>): Handle =>
  isNchw ? x : torch.call('permute', x, [0, ...Array.from({ length: rank }, (_, i) => i + 2), 1])

/** [H, W, in, out] -> [out, in, H, W]; of a depthwise filter [H, W, in, multiplier] -> [in · multiplier, 1, H, W]. */
function filterFirst(torch: Torch, filter: Numbers, { rank, groups }: Geometry): Handle {
  const space = Array.from({ length: rank }, (_, i) => i)
  if (groups === 1) return torch.call('permute', filter.handle, [rank + 1, rank, ...space])
  const moved = torch.call('permute', filter.handle, [rank, rank + 1, ...space])
  const [inputs, multiplier] = filter.shape.slice(rank) as [number, number]
  return torch.call('reshape', moved, [inputs * multiplier, 1, ...filter.shape.slice(0, rank)])
}

/** The shape that `filterFirst` gives. */
const filterSizes = (shape: readonly number[], { rank, groups }: Geometry): number[] => {
  const [inputs, outputs] = shape.slice(rank) as [number, number]
  return [...(groups === 1 ? [outputs, inputs] : [inputs * outputs, 1]), ...shape.slice(0, rank)]
}

function filterLast(torch: Torch, gradient: Handle, shape: readonly number[], { rank, groups }: Geometry): Handle {
  const space = Array.from({ length: rank }, (_, i) => i)
  if (groups === 1) return torch.call('permute', gradient, [...space.map(i => i + 2), 1, 0])
  const split = torch.call('reshape', gradient, [...shape.slice(rank), ...shape.slice(0, rank)])
  return torch.call('permute', split, [...space.map(i => i + 2), 0, 1])
}

const isSymmetric = ({ padding }: Geometry): boolean => padding.every(([before, after]) => before === after)

/** The image [N, C, …] inside borders of a value. */
export const withBorders = (torch: Torch, x: Handle, { padding }: Geometry, value: number): Handle =>
  torch.pad(x, [...padding].reverse().flat(), value)

/** The inverse of `withBorders`. @param space sizes of the image inside */
export const withoutBorders = (torch: Torch, x: Handle, { padding }: Geometry, space: readonly number[]): Handle =>
  padding.reduce(
    (handle, [before], i) => torch.call('slice.Tensor', handle, i + 2, before, before + (space[i] as number), 1),
    x,
  )

/** libtorch pads both sides alike; for other padding, the image gets borders first. */
function padded(torch: Torch, x: Handle, geometry: Geometry): { x: Handle; padding: number[] } {
  if (isSymmetric(geometry)) return { x, padding: geometry.padding.map(([before]) => before) }
  return { x: withBorders(torch, x, geometry, 0), padding: nowhere(geometry) }
}

const nowhere = ({ rank }: Geometry) => Array.from({ length: rank }, () => 0)

function convolve(call: Call, x: Numbers, filter: Numbers, geometry: Geometry): Numbers | null {
  if (x.dtype !== 'float32' || filter.dtype !== 'float32') return null
  const { torch } = call
  const { strides, dilations, groups } = geometry
  const input = padded(torch, channelsFirst(torch, x.handle, geometry), geometry)
  const kernel = filterFirst(torch, filter, geometry)
  const y = torch.call(
    'convolution',
    ...[input.x, kernel, null, strides, input.padding, dilations, false, nowhere(geometry), groups],
  )
  return like(x, channelsLast(torch, y, geometry), geometry.outShape)
}

interface Backward {
  readonly dy: Numbers
  /** Shapes as tfjs has them; the one that is not needed has no handle. */
  readonly x: Numbers | { readonly shape: readonly number[] }
  readonly filter: Numbers | { readonly shape: readonly number[] }
}

/** The gradient of a convolution for its input or its filter, whichever is not given. */
function convolveBackward(call: Call, { dy, x, filter }: Backward, geometry: Geometry): Numbers | null {
  if (dy.dtype !== 'float32' || !util.arraysEqual([...dy.shape], [...geometry.outShape])) return null
  const { torch } = call
  const { strides, dilations, groups, rank, isNchw } = geometry
  const wantsInput = !('handle' in x)
  // of the operand that is differentiated for, only the shape matters
  const source = 'handle' in x ? x : result(torch.empty(x.shape, torch.precision), x.shape, 'float32')
  const kernel =
    'handle' in filter
      ? filterFirst(torch, filter, geometry)
      : torch.empty(filterSizes(filter.shape, geometry), torch.precision)
  const input = padded(torch, channelsFirst(torch, source.handle, geometry), geometry)
  const [dx, dfilter] = torch.callAll(
    'convolution_backward',
    ...[channelsFirst(torch, dy.handle, geometry), input.x, kernel, null],
    ...[strides, input.padding, dilations, false, nowhere(geometry), groups, [wantsInput, !wantsInput, false]],
  ) as [Handle, Handle, Handle]
  if (!wantsInput) {
    return like(dy, filterLast(torch, dfilter, filter.shape, geometry), filter.shape)
  }
  const space = isNchw ? x.shape.slice(2) : x.shape.slice(1, rank + 1)
  const inside = isSymmetric(geometry) ? dx : withoutBorders(torch, dx, geometry, space)
  return like(dy, channelsLast(torch, inside, geometry), x.shape)
}

interface ConvolutionAttributes {
  readonly x: readonly number[]
  readonly filter: readonly number[]
}

function conv2dGeometry(call: Call, { x, filter }: ConvolutionAttributes): Geometry {
  const format = backend_util.convertConv2DDataFormat(call.attribute<'NHWC' | undefined>('dataFormat') ?? 'NHWC')
  return geometry2d(convolutionInfo(call, { x, filter }, format))
}

const convolutionInfo = (
  call: Call,
  { x, filter }: ConvolutionAttributes,
  format: 'channelsFirst' | 'channelsLast',
  depthwise = false,
) =>
  backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    call.attribute<number>('strides'),
    call.attribute<number | undefined>('dilations') ?? 1,
    call.attribute<'same'>('pad'),
    call.attribute<'floor'>('dimRoundingMode'),
    depthwise,
    format,
  )

function depthwiseGeometry(call: Call, { x, filter }: ConvolutionAttributes): Geometry | null {
  if ((call.attribute<string | undefined>('dataFormat') ?? 'NHWC') !== 'NHWC') return null
  return geometry2d(convolutionInfo(call, { x, filter }, 'channelsLast', true), filter[2] as number)
}

const conv2d: KernelFunction = call => {
  const [x, filter] = [call.operand('x'), call.operand('filter')]
  return convolve(call, x, filter, conv2dGeometry(call, { x: x.shape, filter: filter.shape }))
}

const depthwise: KernelFunction = call => {
  const [x, filter] = [call.operand('x'), call.operand('filter')]
  const geometry = depthwiseGeometry(call, { x: x.shape, filter: filter.shape })
  return geometry && convolve(call, x, filter, geometry)
}

const geometryOfConv3d = (call: Call, { x, filter }: ConvolutionAttributes): Geometry =>
  geometry3d(
    backend_util.computeConv3DInfo(
      x as [number, number, number, number, number],
      filter as [number, number, number, number, number],
      call.attribute<number>('strides'),
      call.attribute<number | undefined>('dilations') ?? 1,
      call.attribute<'same'>('pad'),
    ),
  )

export const productKernels: KernelTable = {
  BatchMatMul: matmul,
  _FusedMatMul: fused(matmul),
  Conv2D: conv2d,
  FusedConv2D: fused(conv2d),
  Conv2DBackpropInput: call => {
    const [dy, filter] = [call.operand('dy'), call.operand('filter')]
    const shape = call.attribute<number[]>('inputShape')
    const geometry = conv2dGeometry(call, { x: shape, filter: filter.shape })
    return convolveBackward(call, { dy, x: { shape }, filter }, geometry)
  },
  Conv2DBackpropFilter: call => {
    const [dy, x] = [call.operand('dy'), call.operand('x')]
    const shape = call.attribute<number[]>('filterShape')
    return convolveBackward(call, { dy, x, filter: { shape } }, conv2dGeometry(call, { x: x.shape, filter: shape }))
  },
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2D: fused(depthwise),
  DepthwiseConv2dNativeBackpropInput: call => {
    const [dy, filter] = [call.operand('dy'), call.operand('filter')]
    const shape = call.attribute<number[]>('inputShape')
    const geometry = depthwiseGeometry(call, { x: shape, filter: filter.shape })
    return geometry && convolveBackward(call, { dy, x: { shape }, filter }, geometry)
  },
  DepthwiseConv2dNativeBackpropFilter: call => {
    const [dy, x] = [call.operand('dy'), call.operand('x')]
    const shape = call.attribute<number[]>('filterShape')
    const geometry = depthwiseGeometry(call, { x: x.shape, filter: shape })
    return geometry && convolveBackward(call, { dy, x, filter: { shape } }, geometry)
  },
  Conv3D: call => {
    const [x, filter] = [call.operand('x'), call.operand('filter')]
    return convolve(call, x, filter, geometryOfConv3d(call, { x: x.shape, filter: filter.shape }))
  },
  Conv3DBackpropInputV2: call => {
    const [dy, filter] = [call.operand('dy'), call.operand('filter')]
    const shape = call.attribute<number[]>('inputShape')
    const geometry = geometryOfConv3d(call, { x: shape, filter: filter.shape })
    return convolveBackward(call, { dy, x: { shape }, filter }, geometry)
  },
  Conv3DBackpropFilterV2: call => {
    const [dy, x] = [call.operand('dy'), call.operand('x')]
    const shape = call.attribute<number[]>('filterShape')
    return convolveBackward(call, { dy, x, filter: { shape } }, geometryOfConv3d(call, { x: x.shape, filter: shape }))
  },
}
