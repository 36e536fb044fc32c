/** Kernels that choose elements by index, and Fourier transforms. */

import { backend_util, util } from '@tensorflow/tfjs-core'
import type { Numbers, NumericType } from '../backend.ts'
import type { Handle } from '../library/libtorch.ts'
import { type Call, type KernelFunction, type KernelTable, result, sizeOf, typeOf } from './call.ts'

/** Along one axis, without batch dimensions: a copy of the chosen slices. */
const gather: KernelFunction = call => {
  const { torch } = call
  const [x, indices] = [call.input('x'), call.input('indices')]
  if ((call.attribute<number | undefined>('batchDims') ?? 0) !== 0) return null
  const axis = util.parseAxisParam(call.attribute<number>('axis'), [...x.shape])[0] as number
  const limit = x.shape[axis] as number
  const values = call.values('indices')
  for (let i = 0; i < values.length; i++) {
    const index = values[i] as number
    util.assert(index < limit && index >= 0, () => `GatherV2: the index value ${index} is not in [0, ${limit - 1}]`)
  }
  const flat = torch.call('reshape', torch.to(indices.handle, 'int32'), [sizeOf(indices.shape)])
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]
  return result(torch.call('reshape', torch.call('index_select', x.handle, axis, flat), shape), shape, x.dtype)
}

const oneHot: KernelFunction = call => {
  const { torch } = call
  const indices = call.input('indices')
  const [depth, on, off] = ['depth', 'onValue', 'offValue'].map(name => call.attribute<number>(name)) as [
    number,
    number,
    number,
  ]
  const dtype = call.attribute<NumericType | undefined>('dtype') ?? 'int32'
  if (dtype === 'complex64') return null
  const shape = [...indices.shape, depth]
  const classes = torch.tensor(
    Int32Array.from({ length: depth }, (_, i) => i),
    [depth],
    'int32',
  )
  const mask = torch.call('eq.Tensor', torch.call('reshape', indices.handle, [...indices.shape, 1]), classes)
  const [yes, no] = [on, off].map(value => torch.scalar(value, typeOf[dtype])) as [Handle, Handle]
  return result(torch.call('where.self', mask, yes, no), shape, dtype)
}

/** Sums of the rows that belong to a segment; rows of other indices are left out. */
const segmentSum: KernelFunction = call => {
  const { torch } = call
  const [x, ids] = [call.input('x'), call.input('segmentIds')]
  const count = call.attribute<number>('numSegments')
  if (x.dtype === 'complex64' || x.dtype === 'bool' || ids.shape.length !== 1 || count === 0) return null
  const rows = x.shape[0] as number
  const rest = x.shape.slice(1)
  const width = sizeOf(rest)
  // one more segment takes what belongs to none
  const [values, limit] = [call.values('segmentIds'), count]
  const targets = Int32Array.from({ length: rows }, (_, i) => {
    const id = values[i] as number
    return id >= 0 && id < limit ? id : limit
  })
  const column = torch.call('reshape', torch.to(torch.tensor(targets, [rows], 'int32'), 'int64'), [rows, 1])
  const index = torch.call('expand', column, [rows, width])
  const zeros = torch.full([count + 1, width], 0, typeOf[x.dtype])
  const sums = torch.call('scatter_add', zeros, 0, index, torch.call('reshape', x.handle, [rows, width]))
  const shape = [count, ...rest]
  return result(torch.call('reshape', torch.call('slice.Tensor', sums, 0, 0, count, 1), shape), shape, x.dtype)
}

/** The rows of a flat tensor that index vectors choose: [row for each], checked against the shape. */
function rowsOf(
  values: ArrayLike<number>,
  { count, depth }: { count: number; depth: number },
  shape: readonly number[],
): Int32Array | null {
  const rows = new Int32Array(new ArrayBuffer(4 * count))
  for (let i = 0; i < count; i++) {
    let row = 0
    for (let k = 0; k < depth; k++) {
      const index = values[i * depth + k] as number
      if (index < 0 || index >= (shape[k] as number)) return null
      row = row * (shape[k] as number) + index
    }
    rows[i] = row
  }
  return rows
}

const gatherNd: KernelFunction = call => {
  const { torch } = call
  const [x, indices] = [call.input('params'), call.input('indices')]
  const [shape, count, sliceSize] = backend_util.prepareAndValidate(x as never, indices as never)
  if (count === 0 || sizeOf(x.shape) === 0) return null
  const depth = indices.shape.at(-1) as number
  const rows = rowsOf(call.values('indices'), { count, depth }, x.shape)
  if (rows === null) return null
  const flat = torch.call('reshape', x.handle, [sizeOf(x.shape) / sliceSize, sliceSize])
  const chosen = torch.call('index_select', flat, 0, torch.tensor(rows, [count], 'int32'))
  return result(torch.call('reshape', chosen, shape), shape, x.dtype)
}

const scatterNd: KernelFunction = call => {
  const { torch } = call
  const [updates, indices] = [call.input('updates'), call.input('indices')]
  const shape = call.attribute<number[]>('shape')
  if (updates.dtype === 'bool' || updates.dtype === 'complex64') return null
  const { sliceRank, numUpdates, sliceSize, outputSize } = backend_util.calculateShapes(
    updates as never,
    indices as never,
    shape,
  )
  if (outputSize === 0 || numUpdates === 0) return null
  const rows = rowsOf(call.values('indices'), { count: numUpdates, depth: sliceRank }, shape)
  if (rows === null) return null
  const column = torch.call('reshape', torch.to(torch.tensor(rows, [numUpdates], 'int32'), 'int64'), [numUpdates, 1])
  const zeros = torch.full([outputSize / sliceSize, sliceSize], 0, typeOf[updates.dtype])
  const source = torch.call('reshape', updates.handle, [numUpdates, sliceSize])
  const sums = torch.call('scatter_add', zeros, 0, torch.call('expand', column, [numUpdates, sliceSize]), source)
  return result(torch.call('reshape', sums, shape), shape, updates.dtype)
}

/** Along the last dimension. */
const fourier =
  (name: 'fft_fft' | 'fft_ifft'): KernelFunction =>
  (call: Call): Numbers | null => {
    const { handle, shape } = call.input('input')
    if (sizeOf(shape) === 0) return null
    return result(call.torch.call(name, handle, null, -1, null), shape, 'complex64')
  }

export const indexingKernels: KernelTable = {
  GatherV2: gather,
  GatherNd: gatherNd,
  ScatterNd: scatterNd,
  OneHot: oneHot,
  UnsortedSegmentSum: segmentSum,
  FFT: fourier('fft_fft'),
  IFFT: fourier('fft_ifft'),
}
