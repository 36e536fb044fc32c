/** Kernels that move or select data. Transposes and most reshapes only change the layout; the others act on the physical dimensions. */

import { backend_util, slice_util, util } from '@tensorflow/tfjs-core'
import { inverseLayout, permute, reshapedLayout, type Shape, sizeOf } from '../graph/layout.ts'
import { emit, emitAll, filled, integers, reshaped, scalar, type Value } from '../graph/value.ts'
import { type ComputedType, inLayout, type Lazy, rowMajor, rowMajorValue } from '../lazy.ts'
import type { KernelFunction, KernelTable } from './call.ts'

export function reshape(x: Lazy, shape: Shape): Lazy {
  const layout = reshapedLayout(x.shape, x.layout, shape)
  if (layout === null) return { ...rowMajor(reshaped(rowMajorValue(x), shape)), dtype: x.dtype }
  return { shape, layout, dtype: x.dtype, value: reshaped(x.value, permute(shape, layout)) }
}

/** Logical dimension `i` of the result is dimension `permutation[i]` of `x`. */
export function transpose(x: Lazy, permutation: readonly number[]): Lazy {
  const inverse = inverseLayout(permutation)
  return { ...x, shape: permute(x.shape, permutation), layout: x.layout.map(dimension => inverse[dimension] as number) }
}

export const filledInput = (x: Lazy): number | null => (x.value.origin.kind === 'fill' ? x.value.origin.value : null)

export const lazyFill = (shape: Shape, value: number, dtype: ComputedType): Lazy =>
  rowMajor(filled(shape, value, dtype))

/** `begin` and `size` per logical dimension. */
export function slice(x: Lazy, begin: readonly number[], size: readonly number[]): Lazy {
  const same = filledInput(x)
  if (same !== null) return lazyFill(size, same, x.dtype)
  const axes = [...x.layout.keys()].filter(k => size[x.layout[k] as number] !== x.shape[x.layout[k] as number])
  if (axes.length === 0) return x
  const starts = axes.map(k => begin[x.layout[k] as number] as number)
  const ends = axes.map((k, i) => (starts[i] as number) + (size[x.layout[k] as number] as number))
  const value = emit('Slice', [x.value, integers(starts), integers(ends), integers(axes)], {
    shape: permute(size, x.layout),
  })
  return { ...x, shape: size, value }
}

export function concat(tensors: readonly Lazy[], axis: number): Lazy {
  const [{ dtype, shape: like }] = tensors as [Lazy]
  const shape = like.map((size, i) => (i === axis ? tensors.reduce((sum, t) => sum + (t.shape[i] as number), 0) : size))
  const full = tensors.filter(tensor => sizeOf(tensor.shape) > 0)
  const [first] = full
  if (first === undefined) return lazyFill(shape, 0, dtype)
  if (full.length === 1) return first
  const layout = (full.find(tensor => tensor.value.origin.kind === 'node') ?? first).layout
  const values = full.map(tensor => inLayout(tensor, layout))
  const value = emit('Concat', values, { shape: permute(shape, layout), attributes: { axis: layout.indexOf(axis) } })
  return { ...first, shape, layout, value }
}

function split(x: Lazy, sizes: readonly number[], axis: number): Lazy[] {
  const same = filledInput(x)
  const shapes = sizes.map(size => x.shape.map((old, i) => (i === axis ? size : old)))
  if (same !== null) return shapes.map(shape => lazyFill(shape, same, x.dtype))
  if (sizes.length === 1) return [x]
  const values = emitAll({
    op: 'Split',
    inputs: [x.value, integers(sizes)],
    attributes: { axis: x.layout.indexOf(axis) },
    outputs: shapes.map(shape => ({ shape: permute(shape, x.layout), type: x.dtype })),
  })
  return values.map((value, i) => ({ ...x, shape: shapes[i] as Shape, value }))
}

const expand = (x: Lazy, axis: number): Lazy => reshape(x, x.shape.toSpliced(axis, 0, 1))
const squeeze = (x: Lazy, axis: number): Lazy => reshape(x, x.shape.toSpliced(axis, 1))

export const fromEnd = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

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

const tile: KernelFunction = call => {
  const x = call.input('x')
  const repeats = call.attribute<number[]>('reps')
  const shape = x.shape.map((size, i) => size * (repeats[i] as number))
  const same = filledInput(x)
  if (same !== null) return lazyFill(shape, same, x.dtype)
  return { ...x, shape, value: repeat(x, shape, permute(repeats, x.layout)) }
}

/** Repeating only dimensions of size 1 is a broadcast, which is faster than Tile. */
function repeat(x: Lazy, shape: Shape, repeats: readonly number[]): Value {
  const physical = permute(shape, x.layout)
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
  const physical = x.layout.map(dimension => dimension)
  const starts = physical.map(dimension => info.begin[dimension] as number)
  const steps = physical.map(dimension => info.strides[dimension] as number)
  const ends = physical.map((dimension, i) => stop(info.end[dimension] as number, steps[i] as number))
  const shape = slice_util.computeOutShape(info.begin, info.end, info.strides)
  const value = emit('Slice', [x.value, ...[starts, ends, [...physical.keys()], steps].map(integers)], {
    shape: permute(shape, x.layout),
  })
  return reshape({ ...x, shape, value }, info.finalShape)
}

/** In tfjs a negative step that includes 0 ends at −1, which ONNX would interpret as the last element. */
const stop = (end: number, step: number): number => (step < 0 && end < 0 ? Number.MIN_SAFE_INTEGER : end)

const reverse: KernelFunction = call => {
  const x = call.input('x')
  const dims = util.parseAxisParam(call.attribute('dims'), [...x.shape])
  if (dims.length === 0 || x.shape.length === 0) return x
  return {
    ...x,
    value: reversed(
      x.value,
      dims.map(dimension => x.layout.indexOf(dimension)),
    ),
  }
}

export function reversed(x: Value, axes: readonly number[]): Value {
  const all = (value: number): Value => integers(axes.map(() => value))
  return emit('Slice', [x, all(-1), all(Number.MIN_SAFE_INTEGER), integers(axes), all(-1)], { shape: x.shape })
}

export const shapeKernels: KernelTable = {
  Reshape: call => {
    const x = call.input('x')
    return reshape(x, util.inferFromImplicitShape(call.attribute('shape'), sizeOf(x.shape)))
  },
  ExpandDims: call => {
    const x = call.input('input')
    const [dim, rank] = [call.attribute<number>('dim'), x.shape.length]
    if (dim < -(rank + 1) || dim > rank) throw call.refuse(`axis must be in the interval [${-(rank + 1)}, ${rank}]`)
    return expand(x, fromEnd(dim, rank + 1))
  },
  Transpose: call => transpose(call.input('x'), call.attribute('perm')),
  Concat: call => {
    const tensors = call.list()
    const axis = fromEnd(call.attribute('axis'), tensors[0]?.shape.length ?? 0)
    backend_util.assertParamsConsistent(
      tensors.map(({ shape }) => [...shape]),
      axis,
    )
    return concat(tensors, axis)
  },
  Pack: call => {
    const tensors = call.list()
    const [first] = tensors as [Lazy]
    const axis = fromEnd(call.attribute('axis'), first.shape.length + 1)
    for (const { shape, dtype } of tensors) {
      util.assertShapesMatch([...first.shape], [...shape], 'All tensors passed to stack must have matching shapes')
      if (dtype !== first.dtype) throw call.refuse('all tensors passed to stack must have matching dtypes')
    }
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
    return split(
      x,
      backend_util.prepareSplitSize({ shape: x.shape } as never, call.attribute('numOrSizeSplits'), axis),
      axis,
    )
  },
  Slice: call => {
    const x = call.input('x')
    const [begin, size] = slice_util.parseSliceParams(
      // only the shape is used
      { shape: x.shape, rank: x.shape.length } as never,
      call.attribute('begin'),
      call.attribute('size'),
    )
    slice_util.assertParamsValid({ shape: x.shape, rank: x.shape.length } as never, begin as number[], size as number[])
    return slice(x, begin as number[], size as number[])
  },
  StridedSlice: stridedSlice,
  Tile: tile,
  BroadcastTo: call => {
    const x = call.input('x')
    const shape = call.attribute<number[]>('shape')
    const aligned = reshape(x, [...new Array<number>(shape.length - x.shape.length).fill(1), ...x.shape])
    const physical = permute(shape, aligned.layout)
    return { ...aligned, shape, value: emit('Expand', [aligned.value, integers(physical)], { shape: physical }) }
  },
  Reverse: reverse,
}
