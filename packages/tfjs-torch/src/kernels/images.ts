/** Pooling, resizing and batch normalization of images. */

import { backend_util, util } from '@tensorflow/tfjs-core'
import type { Numbers } from '../backend.ts'
import type { Handle } from '../library/libtorch.ts'
import type { Torch } from '../torch.ts'
import { add } from './binary.ts'
import { type Call, type KernelFunction, type KernelTable, like, result } from './call.ts'
import { channelsFirst, channelsLast, type Geometry, geometry2d, withBorders, withoutBorders } from './products.ts'

const nhwc = { rank: 2, isNchw: false } as const

interface Pool {
  readonly window: readonly number[]
  readonly geometry: Geometry
}

function poolOf(call: Call, shape: readonly number[]): Pool | null {
  const [filterSize, strides] = ['filterSize', 'strides'].map(name => call.attribute<number>(name)) as [number, number]
  const info = backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    call.attribute<'same'>('pad'),
    call.attribute<'floor'>('dimRoundingMode'),
  )
  const window = [info.filterHeight, info.filterWidth]
  const geometry = geometry2d(info)
  // rounding up may add windows that libtorch does not have
  const isWhole = [info.inHeight, info.inWidth].every((size, i) => {
    const [before, after] = geometry.padding[i] as readonly [number, number]
    const count = Math.floor((size + before + after - (window[i] as number)) / (geometry.strides[i] as number)) + 1
    return count === geometry.outShape[i + 1]
  })
  const isIdentity = window.every(size => size === 1) && util.arraysEqual(info.inShape, info.outShape)
  return isWhole && !isIdentity ? { window, geometry } : null
}

const hasPadding = ({ padding }: Geometry): boolean => padding.some(([before, after]) => before > 0 || after > 0)
const noPadding = [0, 0]

/** How many elements of the image each window has, as the factor that turns the mean of a padded window into theirs. */
function coverage(torch: Torch, { window, geometry }: Pool, [height, width]: readonly [number, number]): Handle {
  const ones = withBorders(torch, torch.full([1, 1, height, width], 1, 'float32'), geometry, 0)
  return torch.call('avg_pool2d', ones, window, geometry.strides, noPadding, false, true, null)
}

const averagePool: KernelFunction = call => {
  const { torch } = call
  const stored = call.stored('x')
  const pool = poolOf(call, stored.shape)
  if (pool === null || stored.dtype !== 'float32') return null
  const { window, geometry } = pool
  const x = hasPadding(geometry) ? call.input('x') : stored
  const input = channelsFirst(torch, x.handle, nhwc)
  const bordered = hasPadding(geometry) ? withBorders(torch, input, geometry, 0) : input
  let y = torch.call('avg_pool2d', bordered, window, geometry.strides, noPadding, false, true, null)
  if (hasPadding(geometry)) y = torch.call('div.Tensor', y, coverage(torch, pool, spaceOf(x)))
  return like(x, channelsLast(torch, y, nhwc), geometry.outShape)
}

const spaceOf = ({ shape }: Numbers): [number, number] => [shape[1] as number, shape[2] as number]

const averagePoolGradient: KernelFunction = call => {
  const { torch } = call
  const stored = [call.stored('dy'), call.stored('input')] as const
  const pool = poolOf(call, stored[1].shape)
  if (pool === null) return null
  const { window, geometry } = pool
  const borders = hasPadding(geometry)
  const isNarrow = !borders && stored.every(one => one.isNarrow)
  const [dy, x] = isNarrow ? stored : [call.input('dy'), call.input('input')]
  const input = channelsFirst(torch, x.handle, nhwc)
  const bordered = borders ? withBorders(torch, input, geometry, 0) : input
  let gradient = channelsFirst(torch, dy.handle, nhwc)
  if (borders) gradient = torch.call('div.Tensor', gradient, coverage(torch, pool, spaceOf(x)))
  const dx = torch.call(
    'avg_pool2d_backward',
    ...[gradient, bordered, window, geometry.strides, noPadding, false, true, null],
  )
  const inside = borders ? withoutBorders(torch, dx, geometry, spaceOf(x)) : dx
  return like(x, channelsLast(torch, inside, nhwc), x.shape)
}

function maximumPool(call: Call, x: Numbers, pool: Pool) {
  const { torch } = call
  const lowest = torch.scalar(Number.NEGATIVE_INFINITY, 'float32')
  const numbers = torch.call('where.self', torch.call('isnan', x.handle), lowest, x.handle)
  const input = channelsFirst(torch, numbers, nhwc)
  const bordered = hasPadding(pool.geometry)
    ? withBorders(torch, input, pool.geometry, Number.NEGATIVE_INFINITY)
    : input
  const [y, indices] = torch.callAll(
    'max_pool2d_with_indices',
    ...[bordered, pool.window, pool.geometry.strides, noPadding, [1, 1], false],
  ) as [Handle, Handle]
  return { bordered, y, indices }
}

const maxPool: KernelFunction = call => {
  const x = call.input('x')
  const pool = poolOf(call, x.shape)
  if (pool === null || x.dtype !== 'float32') return null
  const { y } = maximumPool(call, x, pool)
  return result(channelsLast(call.torch, y, nhwc), pool.geometry.outShape, 'float32')
}

const maxPoolGradient: KernelFunction = call => {
  const { torch } = call
  const [dy, x] = [call.input('dy'), call.input('input')]
  const pool = poolOf(call, x.shape)
  if (pool === null || x.dtype !== 'float32') return null
  const { bordered, indices } = maximumPool(call, x, pool)
  const gradient = channelsFirst(torch, dy.handle, nhwc)
  const dx = torch.call(
    'max_pool2d_with_indices_backward',
    ...[gradient, bordered, pool.window, pool.geometry.strides, noPadding, [1, 1], false, indices],
  )
  const inside = hasPadding(pool.geometry) ? withoutBorders(torch, dx, pool.geometry, spaceOf(x)) : dx
  return result(channelsLast(torch, inside, nhwc), x.shape, 'float32')
}

interface Resize {
  readonly alignCorners: boolean
  readonly halfPixelCenters: boolean
}
const resizeOf = (call: Call): Resize => ({
  alignCorners: call.attribute<boolean>('alignCorners'),
  halfPixelCenters: call.attribute<boolean | undefined>('halfPixelCenters') ?? false,
})

/** libtorch's nearest neighbour is tfjs's without options, and its bilinear one has tfjs's two options, not its default. */
const isBilinearOfTorch = (
  { alignCorners, halfPixelCenters }: Resize,
  from: readonly number[],
  to: readonly number[],
) => alignCorners || halfPixelCenters || (from[0] === to[0] && from[1] === to[1])

const resizeNearest: KernelFunction = call => {
  const x = call.stored('images')
  const size = call.attribute<number[]>('size')
  const { alignCorners, halfPixelCenters } = resizeOf(call)
  if (alignCorners || halfPixelCenters || x.dtype !== 'float32') return null
  const y = call.torch.call('upsample_nearest2d', channelsFirst(call.torch, x.handle, nhwc), size, null, null)
  return like(x, channelsLast(call.torch, y, nhwc), [x.shape[0] as number, ...size, x.shape[3] as number])
}

const resizeBilinear: KernelFunction = call => {
  const x = call.input('images')
  const size = call.attribute<number[]>('size')
  const options = resizeOf(call)
  if (x.dtype !== 'float32' || !isBilinearOfTorch(options, spaceOf(x), size)) return null
  const input = channelsFirst(call.torch, x.handle, nhwc)
  const y = call.torch.call('upsample_bilinear2d', input, size, options.alignCorners, null, null)
  return result(channelsLast(call.torch, y, nhwc), [x.shape[0] as number, ...size, x.shape[3] as number], 'float32')
}

const resizeGradient =
  (name: 'upsample_nearest2d_backward' | 'upsample_bilinear2d_backward'): KernelFunction =>
  call => {
    const [x, dy] = [call.stored('images'), call.stored('dy')]
    const { alignCorners, halfPixelCenters } = resizeOf(call)
    const isNearest = name === 'upsample_nearest2d_backward'
    if (
      isNearest
        ? alignCorners || halfPixelCenters
        : !isBilinearOfTorch({ alignCorners, halfPixelCenters }, spaceOf(x), spaceOf(dy))
    )
      return null
    const [n, height, width, channels] = x.shape as [number, number, number, number]
    const gradient = channelsFirst(call.torch, dy.handle, nhwc)
    const sizes = [spaceOf(dy), [n, channels, height, width]] as const
    const dx = call.torch.call(name, gradient, ...sizes, ...(isNearest ? [] : [alignCorners]), null, null)
    return like(dy, channelsLast(call.torch, dx, nhwc), x.shape)
  }

const batchNorm: KernelFunction = call => {
  const { torch } = call
  const [x, mean, variance] = ['x', 'mean', 'variance'].map(name => call.input(name)) as [Numbers, Numbers, Numbers]
  const [scale, offset] = [call.optional('scale'), call.optional('offset')]
  const epsilon = torch.scalar(call.attribute('varianceEpsilon'), 'float32')
  const inverse = torch.call('rsqrt', add(torch, variance.handle, epsilon))
  const factor = scale === null ? inverse : torch.call('mul.Tensor', inverse, scale.handle)
  const scaled = torch.call('mul.Tensor', torch.subtract(x.handle, mean.handle), factor)
  return result(offset === null ? scaled : add(torch, scaled, offset.handle), x.shape, 'float32')
}

export const imageKernels: KernelTable = {
  AvgPool: averagePool,
  AvgPoolGrad: averagePoolGradient,
  MaxPool: maxPool,
  MaxPoolGrad: maxPoolGradient,
  ResizeNearestNeighbor: resizeNearest,
  ResizeNearestNeighborGrad: resizeGradient('upsample_nearest2d_backward'),
  ResizeBilinear: resizeBilinear,
  ResizeBilinearGrad: resizeGradient('upsample_bilinear2d_backward'),
  FusedBatchNorm: batchNorm,
}
