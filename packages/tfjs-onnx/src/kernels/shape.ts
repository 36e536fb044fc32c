/**
 * Kernels that move or select data. Where a new order says the same (transpose, most reshapes), nothing is recorded at
 * all; the others act on the physical dimensions, wherever these lie.
 */

import { slice_util, util } from '@tensorflow/tfjs-core'
import { inverseOrder, permute, reshapeOrder, type Shape, sizeOf } from '../graph/order.ts'
import { emit, emitAll, filled, integers, reshaped, scalar, type Value } from '../graph/value.ts'
import { type ComputedType, castTo, inOrder, type Lazy, straight, straightened } from '../lazy.ts'
import type { KernelFunction, KernelTable } from './call.ts'

export function reshape(x: Lazy, shape: Shape): Lazy {
  const order = reshapeOrder(x.shape, x.order, shape)
  if (order === null) return { ...straight(reshaped(straightened(x), shape)), dtype: x.dtype }
  return { shape, order, dtype: x.dtype, value: reshaped(x.value, permute(shape, order)) }
}

/** Logical dimension `i` of the result is dimension `permutation[i]` of `x`. */
export function transpose(x: Lazy, permutation: readonly number[]): Lazy {
  const inverse = inverseOrder(permutation)
  return { ...x, shape: permute(x.shape, permutation), order: x.order.map(dimension => inverse[dimension] as number) }
}

const filledInput = (x: Lazy): number | null => (x.value.origin.kind === 'fill' ? x.value.origin.value : null)

const lazyFill = (shape: Shape, value: number, dtype: ComputedType): Lazy => straight(filled(shape, value, dtype))

/** `begin` and `size` per logical dimension. */
export function slice(x: Lazy, begin: readonly number[], size: readonly number[]): Lazy {
  const same = filledInput(x)
  if (same !== null) return lazyFill(size, same, x.dtype)
  const axes = [...x.order.keys()].filter(k => size[x.order[k] as number] !== x.shape[x.order[k] as number])
  if (axes.length === 0) return x
  const starts = axes.map(k => begin[x.order[k] as number] as number)
  const ends = axes.map((k, i) => (starts[i] as number) + (size[x.order[k] as number] as number))
  const value = emit('Slice', [x.value, integers(starts), integers(ends), integers(axes)], {
    shape: permute(size, x.order),
  })
  return { ...x, shape: size, value }
}

export function concat(tensors: readonly Lazy[], axis: number): Lazy {
  const full = tensors.filter(tensor => sizeOf(tensor.shape) > 0)
  const [first = tensors[0] as Lazy] = full
  if (full.length <= 1) return first
  const order = (full.find(tensor => tensor.value.origin.kind === 'node') ?? first).order
  const shape = first.shape.map((size, i) =>
    i === axis ? full.reduce((sum, t) => sum + (t.shape[i] as number), 0) : size,
  )
  const values = full.map(tensor => inOrder(tensor, order))
  const value = emit('Concat', values, { shape: permute(shape, order), attributes: { axis: order.indexOf(axis) } })
  return { ...first, shape, order, value }
}

function split(x: Lazy, sizes: readonly number[], axis: number): Lazy[] {
  const same = filledInput(x)
  const shapes = sizes.map(size => x.shape.map((old, i) => (i === axis ? size : old)))
  if (same !== null) return shapes.map(shape => lazyFill(shape, same, x.dtype))
  if (sizes.length === 1) return [x]
  const values = emitAll({
    op: 'Split',
    inputs: [x.value, integers(sizes)],
    attributes: { axis: x.order.indexOf(axis) },
    outputs: shapes.map(shape => ({ shape: permute(shape, x.order), type: x.dtype })),
  })
  return values.map((value, i) => ({ ...x, shape: shapes[i] as Shape, value }))
}

const expand = (x: Lazy, axis: number): Lazy => reshape(x, x.shape.toSpliced(axis, 0, 1))
const squeeze = (x: Lazy, axis: number): Lazy => reshape(x, x.shape.toSpliced(axis, 1))

const fromEnd = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

export interface Padding {
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/** Pads physical dimensions with a constant. */
export function padValue(x: Value, { before, after }: Padding, constant = 0): Value {
  if (before.every(n => n === 0) && after.every(n => n === 0)) return x
  const shape = x.shape.map((size, i) => size + (before[i] as number) + (after[i] as number))
  return emit('Pad', [x, integers([...before, ...after]), scalar(constant, x.type)], { shape })
}

const pad: KernelFunction = call => {
  const x = call.input('x')
  const paddings = call.attribute<readonly (readonly [number, number])[]>('paddings')
  const physical = permute(paddings, x.order)
  const constant = call.attribute<number>('constantValue')
  const value = padValue(
    x.dtype === 'bool' ? castTo(x.value, 'int32') : x.value,
    { before: physical.map(([n]) => n), after: physical.map(([, n]) => n) },
    constant,
  )
  return { ...x, shape: permute(value.shape, inverseOrder(x.order)), value: castTo(value, x.dtype) }
}

const mirrorPad: KernelFunction = call => {
  const x = call.input('x')
  if (call.attribute('mode') !== 'reflect') throw call.refuse('only mode "reflect" is available')
  const paddings = call.attribute<readonly (readonly [number, number])[]>('paddings')
  const shape = x.shape.map((size, i) => size + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0))
  const physical = permute(paddings, x.order)
  const value = emit('Pad', [x.value, integers([...physical.map(p => p[0]), ...physical.map(p => p[1])])], {
    shape: permute(shape, x.order),
    attributes: { mode: 'reflect' },
  })
  return { ...x, shape, value }
}

const tile: KernelFunction = call => {
  const x = call.input('x')
  const repeats = call.attribute<number[]>('reps')
  const shape = x.shape.map((size, i) => size * (repeats[i] as number))
  const same = filledInput(x)
  if (same !== null) return lazyFill(shape, same, x.dtype)
  return { ...x, shape, value: repeat(x, shape, permute(repeats, x.order)) }
}

/** Repeating only dimensions of size 1 is a broadcast, which ONNX Runtime does without copying twice. */
function repeat(x: Lazy, shape: Shape, repeats: readonly number[]): Value {
  const physical = permute(shape, x.order)
  const broadcast = x.value.shape.every((size, i) => size === 1 || repeats[i] === 1)
  return emit(broadcast ? 'Expand' : 'Tile', [x.value, integers(broadcast ? physical : repeats)], { shape: physical })
}

const stridedSlice: KernelFunction = call => {
  const x = call.input('x')
  const mask = (name: string): number => call.attribute<number>(name)
  const info = slice_util.sliceInfo(
    [...x.shape],
    call.attribute('begin'),
    call.attribute('end'),
    call.attribute('strides'),
    mask('beginMask'),
    mask('endMask'),
    mask('ellipsisMask'),
    mask('newAxisMask'),
    mask('shrinkAxisMask'),
  )
  if (info.isIdentity) return reshape(x, info.finalShape)
  if (sizeOf(info.finalShape) === 0) return lazyFill(info.finalShape, 0, x.dtype)
  const physical = x.order.map(dimension => dimension)
  const starts = physical.map(dimension => info.begin[dimension] as number)
  const steps = physical.map(dimension => info.strides[dimension] as number)
  const ends = physical.map((dimension, i) => stop(info.end[dimension] as number, steps[i] as number))
  const shape = slice_util.computeOutShape(info.begin, info.end, info.strides)
  const value = emit('Slice', [x.value, ...[starts, ends, [...physical.keys()], steps].map(integers)], {
    shape: permute(shape, x.order),
  })
  return reshape({ ...x, shape, value }, info.finalShape)
}

/** Counting down to and including 0 ends at −1 for tfjs, which ONNX would take for the last element. */
const stop = (end: number, step: number): number => (step < 0 && end < 0 ? Number.MIN_SAFE_INTEGER : end)

const reverse: KernelFunction = call => {
  const x = call.input('x')
  const dims = util.parseAxisParam(call.attribute('dims'), [...x.shape])
  if (dims.length === 0 || x.shape.length === 0) return x
  return {
    ...x,
    value: reversed(
      x.value,
      dims.map(dimension => x.order.indexOf(dimension)),
    ),
  }
}

export function reversed(x: Value, axes: readonly number[]): Value {
  const all = (value: number): Value => integers(axes.map(() => value))
  return emit('Slice', [x, all(-1), all(Number.MIN_SAFE_INTEGER), integers(axes), all(-1)], { shape: x.shape })
}

const gather: KernelFunction = call => {
  const x = call.input('x')
  const indices = call.input('indices')
  if ((call.attribute<number | undefined>('batchDims') ?? 0) !== 0) throw call.refuse('batchDims is not available')
  const [axis = 0] = util.parseAxisParam(call.attribute('axis'), [...x.shape])
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]
  const rows = castTo(straightened(indices), 'int32')
  return { ...straight(emit('Gather', [straightened(x), rows], { shape, attributes: { axis } })), dtype: x.dtype }
}

const oneHot: KernelFunction = call => {
  const indices = call.input('indices')
  const { depth, onValue, offValue } = {
    depth: call.attribute<number>('depth'),
    onValue: call.attribute<number>('onValue'),
    offValue: call.attribute<number>('offValue'),
  }
  const dtype = call.attribute<ComputedType | undefined>('dtype') ?? 'float32'
  const shape = [...indices.shape, depth]
  const positions: Value = {
    shape: [depth],
    type: 'int32',
    origin: { kind: 'constant', data: [...Array(depth).keys()] },
    holders: 0,
  }
  const column = reshaped(castTo(straightened(indices), 'int32'), [...indices.shape, 1])
  const hit = emit('Equal', [column, positions], { shape, type: 'bool' })
  const value = emit('Where', [hit, scalar(onValue), scalar(offValue)], { shape, type: 'float32' })
  return straight(castTo(value, dtype))
}

const range: KernelFunction = call => {
  const [start, stopAt, step] = ['start', 'stop', 'step'].map(name => call.attribute<number>(name)) as [
    number,
    number,
    number,
  ]
  const count = Math.max(0, Math.ceil((stopAt - start) / step))
  return constantVector(
    Array.from({ length: count }, (_, i) => start + i * step),
    call.attribute('dtype'),
  )
}

const linSpace: KernelFunction = call => {
  const [start, end, count] = ['start', 'stop', 'num'].map(name => call.attribute<number>(name)) as [
    number,
    number,
    number,
  ]
  const step = count > 1 ? (end - start) / (count - 1) : 0
  return constantVector(
    Array.from({ length: count }, (_, i) => start + i * step),
    'float32',
  )
}

const constantVector = (data: readonly number[], type: ComputedType): Lazy =>
  straight({ shape: [data.length], type, origin: { kind: 'constant', data }, holders: 0 })

export const shapeKernels: KernelTable = {
  Reshape: call => {
    const x = call.input('x')
    return reshape(x, util.inferFromImplicitShape(call.attribute('shape'), sizeOf(x.shape)))
  },
  ExpandDims: call => {
    const x = call.input('input')
    return expand(x, fromEnd(call.attribute('dim'), x.shape.length + 1))
  },
  Transpose: call => transpose(call.input('x'), call.attribute('perm')),
  Concat: call => {
    const tensors = call.list()
    return concat(tensors, fromEnd(call.attribute('axis'), tensors[0]?.shape.length ?? 0))
  },
  Pack: call => {
    const tensors = call.list()
    const axis = fromEnd(call.attribute('axis'), (tensors[0]?.shape.length ?? 0) + 1)
    return concat(
      tensors.map(tensor => expand(tensor, axis)),
      axis,
    )
  },
  Unpack: call => {
    const x = call.input('value')
    const axis = fromEnd(call.attribute('axis'), x.shape.length)
    return split(x, new Array<number>(x.shape[axis] as number).fill(1), axis).map(part => squeeze(part, axis))
  },
  SplitV: call => {
    const x = call.input('x')
    const axis = fromEnd(call.attribute('axis'), x.shape.length)
    return split(x, splitSizes(call.attribute('numOrSizeSplits'), x.shape[axis] as number), axis)
  },
  Slice: call => {
    const x = call.input('x')
    const [begin, size] = slice_util.parseSliceParams(
      // only the shape of the tensor is looked at
      { shape: x.shape, rank: x.shape.length } as never,
      call.attribute('begin'),
      call.attribute('size'),
    )
    return slice(x, begin as number[], size as number[])
  },
  StridedSlice: stridedSlice,
  PadV2: pad,
  MirrorPad: mirrorPad,
  Tile: tile,
  BroadcastTo: call => {
    const x = call.input('x')
    const shape = call.attribute<number[]>('shape')
    const aligned = reshape(x, [...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape])
    const physical = permute(shape, aligned.order)
    return { ...aligned, shape, value: emit('Expand', [aligned.value, integers(physical)], { shape: physical }) }
  },
  Reverse: reverse,
  GatherV2: gather,
  OneHot: oneHot,
  Fill: call =>
    lazyFill(
      call.attribute('shape'),
      call.attribute('value'),
      call.attribute<ComputedType | undefined>('dtype') ?? 'float32',
    ),
  Range: range,
  LinSpace: linSpace,
}

/** Sizes of the parts: a count of equal ones, or a list in which one may be −1. */
function splitSizes(given: number | readonly number[], total: number): number[] {
  if (typeof given === 'number') return new Array<number>(given).fill(total / given)
  const known = given.reduce((sum, size) => sum + Math.max(size, 0), 0)
  return given.map(size => (size === -1 ? total - known : size))
}
