/** Kernels that reduce or accumulate along axes. */

import { util } from '@tensorflow/tfjs-core'
import type { Numbers, NumericType } from '../backend.ts'
import type { Handle } from '../library/libtorch.ts'
import { scalarTypes } from '../library/libtorch.ts'
import type { Torch } from '../torch.ts'
import { type Call, type KernelFunction, type KernelTable, result, sizeOf, typeOf } from './call.ts'

interface Reduction {
  readonly x: Numbers
  readonly axes: readonly number[]
  readonly shape: readonly number[]
}

function reduction(call: Call): Reduction {
  const x = call.input('x')
  const axes = util.parseAxisParam(
    call.attribute<number[] | undefined>('axis') ??
      call.attribute<number[] | undefined>('reductionIndices') ??
      x.shape.map((_, i) => i),
    [...x.shape],
  )
  const keep = call.attribute<boolean>('keepDims')
  const shape = keep
    ? x.shape.map((size, i) => (axes.includes(i) ? 1 : size))
    : x.shape.filter((_, i) => !axes.includes(i))
  return { x, axes, shape }
}

/** Reduced along all axes at once; an array without elements or without axes is left to each caller's operator. */
const reduceWith =
  (compute: (torch: Torch, reduction: Reduction) => { handle: Handle; dtype: NumericType } | null): KernelFunction =>
  call => {
    const what = reduction(call)
    const computed = compute(call.torch, what)
    if (computed === null) return null
    return result(call.torch.call('reshape', computed.handle, what.shape), what.shape, computed.dtype)
  }

const extreme = (name: 'amax' | 'amin'): KernelFunction =>
  reduceWith((torch, { x, axes }) => {
    if (sizeOf(x.shape) === 0 || x.dtype === 'complex64') return null
    if (axes.length === 0) return { handle: torch.alias(x.handle), dtype: x.dtype }
    return { handle: torch.call(name, x.handle, axes, false), dtype: x.dtype }
  })

/** The reduced axes as one, last. */
function gathered(torch: Torch, { x, axes }: Reduction): Handle {
  const others = x.shape.map((_, i) => i).filter(i => !axes.includes(i))
  const moved = torch.call('permute', x.handle, [...others, ...axes])
  const count = axes.reduce((product, axis) => product * (x.shape[axis] as number), 1)
  return torch.call('reshape', moved, [...others.map(i => x.shape[i] as number), count])
}

const logical = (name: 'amax' | 'amin'): KernelFunction =>
  reduceWith((torch, { x, axes }) => {
    if (sizeOf(x.shape) === 0) return null
    const numbers = torch.to(x.handle, 'uint8')
    const handle = axes.length === 0 ? numbers : torch.call(name, numbers, axes, false)
    return { handle: torch.to(handle, 'bool'), dtype: 'bool' }
  })

const argument =
  (name: 'argmax' | 'argmin'): KernelFunction =>
  call => {
    const x = call.input('x')
    if (x.dtype === 'complex64' || sizeOf(x.shape) === 0) return null
    const axis = util.parseAxisParam(call.attribute<number>('axis'), [...x.shape])[0] as number
    const worst = call.torch.scalar(name === 'argmax' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY, 'float32')
    const numbers =
      x.dtype === 'bool'
        ? call.torch.to(x.handle, 'uint8')
        : x.dtype === 'float32' // NaN is never the extreme
          ? call.torch.call('where.self', call.torch.call('isnan', x.handle), worst, x.handle)
          : x.handle
    const index = call.torch.to(call.torch.call(name, numbers, axis, false), 'int32')
    return result(
      index,
      x.shape.filter((_, i) => i !== axis),
      'int32',
    )
  }

const cumulative =
  (name: 'cumsum' | 'cumprod', neutral: number): KernelFunction =>
  call => {
    const { torch } = call
    const x = call.input('x')
    if (x.dtype === 'complex64' || x.shape.length === 0) return null
    const dtype = x.dtype === 'bool' ? 'int32' : x.dtype
    const axis = util.parseAxisParam(call.attribute<number>('axis'), [...x.shape])[0] as number
    const reverse = call.attribute<boolean>('reverse')
    const turned = reverse ? torch.call('flip', x.handle, [axis]) : x.handle
    let sums = torch.call(name, turned, axis, scalarTypes[typeOf[dtype]])
    if (call.attribute<boolean>('exclusive')) {
      const padding = Array.from({ length: 2 * (x.shape.length - axis) }, () => 0)
      padding[padding.length - 2] = 1
      padding[padding.length - 1] = -1
      sums = torch.pad(sums, padding, neutral)
    }
    return result(reverse ? torch.call('flip', sums, [axis]) : sums, x.shape, dtype)
  }

export const reduceKernels: KernelTable = {
  Sum: reduceWith((torch, { x, axes }) => {
    if (x.dtype === 'complex64') return null
    const dtype = x.dtype === 'float32' ? 'float32' : 'int32'
    if (axes.length === 0) return { handle: torch.to(x.handle, dtype), dtype }
    return { handle: torch.call('sum.dim_IntList', x.handle, axes, false, scalarTypes[dtype]), dtype }
  }),
  Mean: reduceWith((torch, { x, axes }) => {
    if (x.dtype === 'complex64') return null
    const floats = x.dtype === 'float32' ? x.handle : torch.to(x.handle, 'float32')
    if (axes.length === 0) return { handle: torch.alias(floats), dtype: 'float32' }
    return { handle: torch.call('mean.dim', floats, axes, false, null), dtype: 'float32' }
  }),
  Max: extreme('amax'),
  Min: extreme('amin'),
  Prod: reduceWith((torch, what) => {
    const { x } = what
    if (x.dtype === 'complex64') return null
    const dtype = x.dtype === 'float32' ? 'float32' : 'int32'
    return { handle: torch.call('prod.dim_int', gathered(torch, what), -1, false, scalarTypes[dtype]), dtype }
  }),
  All: logical('amin'),
  Any: logical('amax'),
  ArgMax: argument('argmax'),
  ArgMin: argument('argmin'),
  Cumsum: cumulative('cumsum', 0),
  Cumprod: cumulative('cumprod', 1),
  Softmax: call => {
    const { handle, shape, dtype } = call.input('logits')
    if (dtype !== 'float32') return null
    const dim = call.attribute<number>('dim')
    return result(call.torch.call('_softmax', handle, dim, false), shape, dtype)
  },
  TopK: call => {
    const x = call.input('x')
    const k = call.attribute<number>('k')
    if (x.shape.length === 0 || k === 0 || x.dtype === 'bool' || x.dtype === 'complex64') return null
    const shape = [...x.shape.slice(0, -1), k]
    if (k > (x.shape.at(-1) as number)) return null
    // not libtorch's own topk: of equal elements, the first come first
    const [values, indices] = call.torch
      .callAll('sort.stable', x.handle, true, -1, true)
      .map(sorted => call.torch.call('slice.Tensor', sorted, -1, 0, k, 1)) as [Handle, Handle]
    return [result(values, shape, x.dtype), result(call.torch.to(indices, 'int32'), shape, 'int32')]
  },
}
