/** Kernels that move, join, cut and copy elements. Where the result is a view, nothing is copied. */

import { backend_util, slice_util, util } from '@tensorflow/tfjs-core'
import type { Numbers } from '../backend.ts'
import type { Handle } from '../library/libtorch.ts'
import { type Call, type KernelFunction, type KernelTable, like, result, sizeOf, typeOf } from './call.ts'

const reshape = (call: Call, x: Numbers, shape: readonly number[]): Numbers =>
  like(x, call.torch.call('reshape', x.handle, shape), shape)

const cast: KernelFunction = call => {
  const { torch } = call
  const dtype = call.attribute<Numbers['dtype']>('dtype')
  if ((dtype as string) === 'string') return null
  const stored = call.stored('x')
  if (stored.dtype === dtype) return like(stored, torch.alias(stored.handle), stored.shape)
  const x = call.input('x')
  const from = x.dtype === 'complex64' ? torch.call('real', x.handle) : x.handle
  if (dtype === 'complex64') {
    const real = torch.to(from, 'float32')
    return result(torch.call('complex', real, torch.full(x.shape, 0, 'float32')), x.shape, dtype)
  }
  // as JavaScript does: no number is 0
  const isFloat = x.dtype === 'float32' || x.dtype === 'complex64'
  const safe =
    dtype === 'int32' && isFloat
      ? torch.call('where.self', torch.call('isfinite', from), from, torch.scalar(0, 'float32'))
      : from
  return result(torch.to(safe, typeOf[dtype]), x.shape, dtype)
}

const concat: KernelFunction = call => {
  const { torch } = call
  const list = call.storedList()
  const first = list[0] as Numbers
  const axis = util.parseAxisParam(call.attribute<number>('axis'), [...first.shape])[0] as number
  const shapes = list.map(({ shape }) => [...shape])
  backend_util.assertParamsConsistent(shapes, axis)
  const shape = backend_util.computeOutShape(shapes, axis)
  if (list.length === 1) return like(first, torch.alias(first.handle), shape)
  if (list.every(({ isNarrow = false }) => isNarrow === (first.isNarrow ?? false))) {
    const handles = list.map(({ handle }) => handle)
    return like(first, torch.call('cat', handles, axis), shape)
  }
  // in two precisions: copied into place, so that each is converted and moved at once
  const joined = torch.empty(shape, 'float32')
  let start = 0
  for (const { handle, shape: part } of list) {
    const end = start + (part[axis] as number)
    torch.copy(torch.call('slice.Tensor', joined, axis, start, end, 1), handle)
    start = end
  }
  return result(joined, shape, 'float32')
}

const slice: KernelFunction = call => {
  const x = call.stored('x')
  const [begin, size] = slice_util.parseSliceParams(
    { shape: [...x.shape] } as never,
    call.attribute<number[]>('begin'),
    call.attribute<number[]>('size'),
  ) as [number[], number[]]
  slice_util.assertParamsValid({ shape: x.shape, rank: x.shape.length } as never, begin, size)
  let handle: Handle = call.torch.alias(x.handle)
  for (const [axis, start] of begin.entries()) {
    const end = start + (size[axis] as number)
    if (start === 0 && end === x.shape[axis]) continue
    handle = call.torch.call('slice.Tensor', handle, axis, start, end, 1)
  }
  return like(x, handle, size)
}

const stridedSlice: KernelFunction = call => {
  const x = call.input('x')
  const attributes = [
    'begin',
    'end',
    'strides',
    'beginMask',
    'endMask',
    'ellipsisMask',
    'newAxisMask',
    'shrinkAxisMask',
  ]
  const [begin, end, strides, ...masks] = attributes.map(name => call.attribute(name)) as [
    number[],
    number[],
    number[],
    ...number[],
  ]
  const info = slice_util.sliceInfo(
    [...x.shape],
    begin,
    end,
    strides,
    ...(masks as [number, number, number, number, number]),
  )
  if (info.finalShapeSparse.some(size => size === 0))
    return result(call.torch.full(info.finalShape, 0, typeOf[x.dtype]), info.finalShape, x.dtype)
  if (info.strides.some(stride => stride < 0)) return null
  let handle: Handle = call.torch.alias(x.handle)
  for (const [axis, start] of info.begin.entries()) {
    handle = call.torch.call(
      'slice.Tensor',
      handle,
      axis,
      start,
      info.end[axis] as number,
      info.strides[axis] as number,
    )
  }
  return reshape(call, result(handle, info.finalShapeSparse, x.dtype), info.finalShape)
}

const transpose: KernelFunction = call => {
  const x = call.stored('x')
  const perm = call.attribute<number[]>('perm')
  return like(
    x,
    call.torch.call('permute', x.handle, perm),
    perm.map(axis => x.shape[axis] as number),
  )
}

const pad: KernelFunction = call => {
  const x = call.input('x')
  const paddings = call.attribute<[number, number][]>('paddings')
  const shape = x.shape.map((size, axis) => size + (paddings[axis] as number[])[0]! + (paddings[axis] as number[])[1]!)
  const amounts = [...paddings].reverse().flat()
  if (x.dtype === 'complex64') return null
  const handle = call.torch.pad(x.handle, amounts, call.attribute<number>('constantValue'))
  return result(handle, shape, x.dtype)
}

/** The index of the element that each place along an axis mirrors. */
const mirrorPad: KernelFunction = call => {
  const x = call.input('x')
  const paddings = call.attribute<[number, number][]>('paddings')
  const offset = call.attribute<string>('mode') === 'reflect' ? 0 : 1
  let { handle } = x
  const shape = x.shape.map((size, axis) => {
    const [before, after] = paddings[axis] as [number, number]
    if (before === 0 && after === 0) return size
    const source = Int32Array.from({ length: before + size + after }, (_, i) => {
      const at = i - before
      return at < 0 ? -at - offset : at < size ? at : 2 * size - 2 - at + offset
    })
    const index = call.torch.tensor(source, [source.length], 'int32')
    handle = call.torch.call('index_select', handle, axis, index)
    return source.length
  })
  return result(handle === x.handle ? call.torch.alias(handle) : handle, shape, x.dtype)
}

/** Reshapes and permutes: a space of blocks becomes batches or channels, and back. */
const rearranged = (
  call: Call,
  x: Numbers,
  { split, perm, shape }: Readonly<Record<'split' | 'perm' | 'shape', readonly number[]>>,
): Numbers => {
  const parts = call.torch.call('reshape', x.handle, split)
  return result(call.torch.call('reshape', call.torch.call('permute', parts, perm), shape), shape, x.dtype)
}

const depthToSpace: KernelFunction = call => {
  if (call.attribute<string>('dataFormat') !== 'NHWC') return null
  const x = call.input('x')
  const block = call.attribute<number>('blockSize')
  const [n, height, width, depth] = x.shape as [number, number, number, number]
  const channels = depth / (block * block)
  return rearranged(call, x, {
    split: [n, height, width, block, block, channels],
    perm: [0, 1, 3, 2, 4, 5],
    shape: [n, height * block, width * block, channels],
  })
}

export const shapeKernels: KernelTable = {
  Cast: cast,
  Concat: concat,
  Slice: slice,
  StridedSlice: stridedSlice,
  Transpose: transpose,
  PadV2: pad,
  MirrorPad: mirrorPad,
  DepthToSpace: depthToSpace,
  Reshape: call => {
    const x = call.stored('x')
    const shape = util.inferFromImplicitShape(call.attribute<number[]>('shape'), sizeOf(x.shape))
    if (sizeOf(shape) !== sizeOf(x.shape)) {
      throw call.invalid(
        `the new shape (${shape}) has ${sizeOf(shape)} elements and the old shape (${x.shape}) has ${sizeOf(x.shape)} elements; they must match`,
      )
    }
    return reshape(call, x, shape)
  },
  ExpandDims: call => {
    const x = call.stored('input')
    const dim = call.attribute<number>('dim')
    const at = dim < 0 ? x.shape.length + 1 + dim : dim
    if (at < 0) throw call.invalid(`axis must be in [${-(x.shape.length + 1)}, ${x.shape.length}], got ${dim}`)
    return reshape(call, x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])
  },
  Pack: call => {
    const stored = call.storedList()
    const list = stored.every(({ isNarrow }) => isNarrow) ? stored : call.list()
    const axis = call.attribute<number>('axis')
    const first = list[0] as Numbers
    const shape = [...first.shape.slice(0, axis), list.length, ...first.shape.slice(axis)]
    for (const { shape: other, dtype } of list) {
      util.assertShapesMatch([...first.shape], [...other], 'All tensors passed to stack must have matching shapes')
      util.assert(dtype === first.dtype, () => 'All tensors passed to stack must have matching dtypes')
    }
    return like(
      first,
      call.torch.call(
        'stack',
        list.map(({ handle }) => handle),
        axis,
      ),
      shape,
    )
  },
  Unpack: call => {
    const x = call.stored('value')
    const axis = (call.attribute<number>('axis') + x.shape.length) % x.shape.length
    const shape = x.shape.filter((_, i) => i !== axis)
    return Array.from({ length: x.shape[axis] as number }, (_, i) =>
      like(x, call.torch.call('select.int', x.handle, axis, i), shape),
    )
  },
  SplitV: call => {
    const x = call.stored('x')
    const axis = util.parseAxisParam(call.attribute<number>('axis'), [...x.shape])[0] as number
    const sizes = backend_util.prepareSplitSize(
      { shape: [...x.shape] } as never,
      call.attribute('numOrSizeSplits'),
      axis,
    )
    let start = 0
    return sizes.map(size => {
      const handle = call.torch.call('slice.Tensor', x.handle, axis, start, start + size, 1)
      start += size
      return like(
        x,
        handle,
        x.shape.map((length, i) => (i === axis ? size : length)),
      )
    })
  },
  Tile: call => {
    const { handle, shape, dtype } = call.input('x')
    const reps = call.attribute<number[]>('reps')
    return result(
      call.torch.call('repeat', handle, reps),
      shape.map((size, i) => size * (reps[i] as number)),
      dtype,
    )
  },
  Reverse: call => {
    const { handle, shape, dtype } = call.input('x')
    const dims = util.parseAxisParam(call.attribute<number[]>('dims'), [...shape])
    return result(call.torch.call('flip', handle, dims), shape, dtype)
  },
  FlipLeftRight: call => {
    const { handle, shape, dtype } = call.input('image')
    return result(call.torch.call('flip', handle, [2]), shape, dtype)
  },
  Real: call => {
    const { handle, shape } = call.input('input')
    return result(call.torch.call('real', handle), shape, 'float32')
  },
  Imag: call => {
    const { handle, shape } = call.input('input')
    return result(call.torch.call('imag', handle), shape, 'float32')
  },
  Fill: call => {
    const [shape, value] = [call.attribute<number[]>('shape'), call.attribute<number>('value')]
    if (typeof value !== 'number' && typeof value !== 'boolean') return null
    const dtype = call.attribute<Numbers['dtype'] | undefined>('dtype') ?? util.inferDtype(value)
    if (dtype === 'complex64' || (dtype as string) === 'string') return null
    return result(call.torch.full(shape, Number(value), typeOf[dtype as 'float32']), shape, dtype as 'float32')
  },
  ZerosLike: call => {
    const { shape, dtype } = call.input('x')
    return result(call.torch.full(shape, 0, typeOf[dtype]), shape, dtype)
  },
  OnesLike: call => {
    const { shape, dtype } = call.input('x')
    return result(call.torch.full(shape, 1, typeOf[dtype]), shape, dtype)
  },
}
