/** Kernels that regroup dimensions: blocks of pixels become batches or channels, and the other way round. */

import { backend_util } from '@tensorflow/tfjs-core'
import { permute, type Shape, sizeOf } from '../graph/layout.ts'
import { emit, reshaped, scalar } from '../graph/value.ts'
import { type ComputedType, castTo, type Lazy, rowMajor, rowMajorValue } from '../lazy.ts'
import type { KernelFunction, KernelTable } from './call.ts'
import { counting } from './create.ts'
import { numeric, where } from './elementwise.ts'
import { padValue, reshape, reversed, slice, transpose } from './shape.ts'

const { getPermuted, getReshaped, getReshapedPermuted, getSliceBeginCoords, getSliceSize } = backend_util

const spaceToBatch: KernelFunction = call => {
  const x = call.input('x')
  const blocks = call.attribute<number[]>('blockShape')
  const given = call.attribute<[number, number][]>('paddings')
  const paddings = x.shape.map((_, i) => given[i - 1] ?? ([0, 0] as const))
  const physical = permute(paddings, x.layout)
  const padding = { before: physical.map(([n]) => n), after: physical.map(([, n]) => n) }
  const shape = x.shape.map((size, i) => size + (paddings[i]?.[0] as number) + (paddings[i]?.[1] as number))
  const padded: Lazy = { ...x, shape, value: castTo(padValue(numeric(x.value), padding), x.dtype) }
  const count = sizeOf(blocks)
  const split = reshape(padded, getReshaped(shape, blocks, count, false))
  const moved = transpose(split, getPermuted(split.shape.length, blocks.length, false))
  return reshape(moved, getReshapedPermuted(shape, blocks, count, false))
}

const batchToSpace: KernelFunction = call => {
  const x = call.input('x')
  const blocks = call.attribute<number[]>('blockShape')
  const crops = call.attribute<number[][]>('crops')
  const [shape, count] = [[...x.shape], sizeOf(blocks)]
  const split = reshape(x, getReshaped(shape, blocks, count))
  const moved = transpose(split, getPermuted(split.shape.length, blocks.length))
  const merged = reshape(moved, getReshapedPermuted(shape, blocks, count))
  const kept = [...merged.shape]
  const begin = getSliceBeginCoords(crops, blocks.length)
  const size = getSliceSize(kept, crops, blocks.length)
  return slice(
    merged,
    kept.map((_, i) => begin[i] ?? 0),
    kept.map((whole, i) => size[i] ?? whole),
  )
}

const depthToSpace: KernelFunction = call => {
  const x = call.input('x')
  const block = call.attribute<number>('blockSize')
  const first = call.attribute('dataFormat') === 'NCHW'
  const pixels = first ? transpose(x, [0, 2, 3, 1]) : x
  const [n, h, w, c] = pixels.shape as [number, number, number, number]
  const cells = transpose(reshape(pixels, [n, h, w, block, block, c / block ** 2]), [0, 1, 3, 2, 4, 5])
  const result = reshape(cells, [n, h * block, w * block, c / block ** 2])
  return first ? transpose(result, [0, 3, 1, 2]) : result
}

/** The elements on the diagonal of a square, zeros beside it. */
const diagonal: KernelFunction = call => {
  const x = call.input('x')
  const size = sizeOf(x.shape)
  const shape: Shape = [size, size]
  const hit = emit('Equal', [reshaped(counting(size), [size, 1]), counting(size)], { shape, type: 'bool' })
  const value = where(
    hit,
    numeric(reshaped(rowMajorValue(x), [size])),
    scalar(0, x.dtype === 'bool' ? 'int32' : x.dtype),
  )
  return reshape({ ...rowMajor(castTo(value, x.dtype as ComputedType)), shape }, [...x.shape, ...x.shape])
}

export const blockKernels: KernelTable = {
  SpaceToBatchND: spaceToBatch,
  BatchToSpaceND: batchToSpace,
  DepthToSpace: depthToSpace,
  Diag: diagonal,
  FlipLeftRight: call => {
    const image = call.input('image')
    return { ...image, value: reversed(image.value, [image.layout.indexOf(2)]) }
  },
}
