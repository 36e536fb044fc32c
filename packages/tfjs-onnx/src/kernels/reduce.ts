/** Reductions over any dimensions, softmax and argmax, in the layout of the operand. */

import { util } from '@tensorflow/tfjs-core'
import { type Layout, permute, type Shape } from '../graph/layout.ts'
import { type AttributeValue, emit, integers, reshaped, scalar, type Value } from '../graph/value.ts'
import { type ComputedType, castTo, type Lazy, rowMajor, rowMajorValue } from '../lazy.ts'
import type { Call, KernelFunction, KernelTable } from './call.ts'
import { counting } from './create.ts'
import { apply, notANumber, where } from './elementwise.ts'
import { padValue } from './shape.ts'

interface Reduction {
  readonly op: string
  readonly axes: readonly number[]
  readonly keepDims: boolean
  /** Up to opset 17, only ReduceSum has its axes as an input. */
  readonly axesAs: 'input' | 'attribute'
}

/** The physical axes, and the shape and layout of the result. */
function reducedShape(
  x: Lazy,
  axes: readonly number[],
  keepDims: boolean,
): { physical: number[]; shape: Shape; layout: Layout } {
  const reduced = new Set(axes)
  const physical = [...x.layout.keys()].filter(k => reduced.has(x.layout[k] as number))
  if (keepDims) return { physical, shape: x.shape.map((size, i) => (reduced.has(i) ? 1 : size)), layout: x.layout }
  const kept = [...x.shape.keys()].filter(i => !reduced.has(i))
  const layout = x.layout.filter(dimension => !reduced.has(dimension)).map(dimension => kept.indexOf(dimension))
  return { physical, shape: permute(x.shape, kept), layout }
}

export function reduce(x: Lazy, { op, axes, keepDims, axesAs }: Reduction): Lazy {
  if (axes.length === 0) return x
  const { physical, shape, layout } = reducedShape(x, axes, keepDims)
  const attributes: Record<string, AttributeValue> = { keepdims: keepDims ? 1 : 0 }
  if (axesAs === 'attribute') attributes.axes = physical
  const inputs = axesAs === 'input' ? [x.value, integers(physical)] : [x.value]
  return { ...x, shape, layout, value: emit(op, inputs, { shape: permute(shape, layout), attributes }) }
}

const as = (x: Lazy, type: ComputedType): Lazy => ({ ...x, dtype: type, value: castTo(x.value, type) })

function reduction(
  op: string,
  prepare: (x: Lazy) => Lazy = x => x,
  finish: (x: Lazy) => Lazy = x => x,
): KernelFunction {
  return call => {
    const x = call.input('x')
    const axes = axesOf(call, x)
    const axesAs = op === 'ReduceSum' ? 'input' : 'attribute'
    return finish(reduce(prepare(x), { op, axes, keepDims: call.attribute<boolean>('keepDims') === true, axesAs }))
  }
}

const axesOf = (call: Call, x: Lazy): number[] =>
  util.parseAxisParam(call.attribute('axis') ?? call.attribute('reductionIndices') ?? null!, [...x.shape])

const toFloat = (x: Lazy): Lazy => as(x, 'float32')
const toInteger = (x: Lazy): Lazy => as(x, 'int32')
const fromBool = (x: Lazy): Lazy => (x.dtype === 'bool' ? toInteger(x) : x)
const toBool = (x: Lazy): Lazy => as(x, 'bool')

/** The extreme of NaN and a number is undefined in ONNX and NaN in tfjs. */
const extreme =
  (op: string): KernelFunction =>
  call => {
    const x = fromBool(call.input('x'))
    const reduced = (part: Lazy, of: string): Lazy =>
      reduce(part, {
        op: of,
        axes: axesOf(call, x),
        keepDims: call.attribute<boolean>('keepDims') === true,
        axesAs: 'attribute',
      })
    const result = reduced(x, op)
    if (x.dtype !== 'float32' || result === x) return result
    const found = castTo(reduced({ ...x, value: castTo(notANumber(x.value), 'float32') }, 'ReduceMax').value, 'bool')
    return { ...result, value: where(found, scalar(Number.NaN), result.value) }
  }

/** NaN is selected only if there is nothing else. */
const argReduction =
  (op: string): KernelFunction =>
  call => {
    const given = fromBool(call.input('x'))
    const worst = op === 'ArgMax' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
    const chosen = given.dtype === 'float32' ? where(notANumber(given.value), scalar(worst), given.value) : given.value
    const x = { ...given, value: chosen }
    const [axis = 0] = util.parseAxisParam(call.attribute('axis'), [...x.shape])
    const { physical, shape, layout } = reducedShape(x, [axis], false)
    const value = emit(op, [x.value], {
      shape: permute(shape, layout),
      type: 'int64',
      attributes: { axis: physical[0] as number, keepdims: 0 },
    })
    return { shape, layout, dtype: 'int32', value: castTo(value, 'int32') }
  }

const overLast =
  (op: string): KernelFunction =>
  call => {
    const x = toFloat(call.input('logits'))
    const axis = x.layout.indexOf(x.shape.length - 1)
    return { ...x, value: emit(op, [x.value], { shape: x.value.shape, attributes: { axis } }) }
  }

const cumulativeSum: KernelFunction = call => {
  const x = call.input('x')
  const [axis = 0] = util.parseAxisParam(call.attribute('axis'), [...x.shape])
  const position: Value = { ...integers([x.layout.indexOf(axis)]), shape: [] }
  const attributes = {
    exclusive: call.attribute<boolean>('exclusive') ? 1 : 0,
    reverse: call.attribute<boolean>('reverse') ? 1 : 0,
  }
  return { ...x, value: emit('CumSum', [x.value, position], { shape: x.value.shape, attributes }) }
}

/** In log₂(size) steps, each of which multiplies with the element 1, 2, 4, … positions before. */
const cumulativeProduct: KernelFunction = call => {
  const x = fromBool(call.input('x'))
  const [axis = 0] = util.parseAxisParam(call.attribute('axis'), [...x.shape])
  const at = x.layout.indexOf(axis)
  const size = x.shape[axis] as number
  const back = call.attribute<boolean>('reverse')
  const shifted = (value: Value, by: number): Value => {
    const [before, after] = [value.shape.map(() => 0), value.shape.map(() => 0)]
    ;(back ? after : before)[at] = by
    ;(back ? before : after)[at] = -by
    return padValue(value, { before, after }, 1)
  }
  let value = call.attribute<boolean>('exclusive') && size > 0 ? shifted(x.value, 1) : x.value
  for (let by = 1; by < size; by *= 2) value = apply('Mul', value, shifted(value, by))
  return { ...x, value }
}

/** Sums rows with the same index by a one-hot matrix product, which is fast for few segments. */
const segmentSum: KernelFunction = call => {
  const x = call.input('x')
  const segments = call.attribute<number>('numSegments')
  const [rows = 0, ...rest] = x.shape
  const width = rest.reduce((product, size) => product * size, 1)
  const flat = reshaped(castTo(rowMajorValue(x), 'float32'), [rows, width])
  const ids = castTo(rowMajorValue(call.input('segmentIds')), 'int32')
  const column = reshaped(ids, [1, rows])
  const expected = { ...counting(segments), shape: [segments, 1] }
  const hit = castTo(emit('Equal', [column, expected], { shape: [segments, rows], type: 'bool' }), 'float32')
  const sum = emit('MatMul', [hit, flat], { shape: [segments, width] })
  return rowMajor(castTo(reshaped(sum, [segments, ...rest]), x.dtype))
}

export const reduceKernels: KernelTable = {
  Sum: reduction('ReduceSum', fromBool),
  Mean: reduction('ReduceMean', toFloat),
  Prod: reduction('ReduceProd', fromBool),
  Max: extreme('ReduceMax'),
  Min: extreme('ReduceMin'),
  All: reduction('ReduceMin', toInteger, toBool),
  Any: reduction('ReduceMax', toInteger, toBool),
  ArgMax: argReduction('ArgMax'),
  ArgMin: argReduction('ArgMin'),
  Softmax: overLast('Softmax'),
  LogSoftmax: overLast('LogSoftmax'),
  Cumsum: cumulativeSum,
  Cumprod: cumulativeProduct,
  UnsortedSegmentSum: segmentSum,
}
