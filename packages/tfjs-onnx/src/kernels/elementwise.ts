/** What element-wise kernels are built of: one operator on aligned values, and the activations of fused kernels. */

import type { backend_util } from '@tensorflow/tfjs-core'
import { emit, scalar, type Value } from '../graph/value.ts'
import { type ComputedType, castTo, type Lazy } from '../lazy.ts'
import { together } from './broadcast.ts'

/** An operator whose result has the shape and type of its first input. */
export const apply = (op: string, ...inputs: Value[]): Value => emit(op, inputs, { shape: widest(inputs) })

/** The physical shape of an element-wise result: operands are aligned, so it is the largest size per dimension. */
function widest(inputs: readonly Value[]): readonly number[] {
  const rank = Math.max(...inputs.map(input => input.shape.length))
  return Array.from({ length: rank }, (_, i) =>
    inputs.reduce((size, { shape }) => {
      const own = shape[i - (rank - shape.length)] ?? 1
      return size === 1 ? own : size
    }, 1),
  )
}

export const compare = (op: string, a: Value, b: Value): Value =>
  emit(op, [a, b], { shape: widest([a, b]), type: 'bool' })

export function where(condition: Value, yes: Value, no: Value): Value {
  // ONNX Runtime chooses among numbers only
  if (yes.type === 'bool') return castTo(where(condition, castTo(yes, 'int32'), castTo(no, 'int32')), 'bool')
  return emit('Where', [condition, yes, no], { shape: widest([condition, yes, no]), type: yes.type })
}

export const constant = (like: Value, value: number): Value => scalar(value, like.type)

export const notANumber = (x: Value): Value => emit('IsNaN', [x], { shape: x.shape, type: 'bool' })

/** ONNX calculates with numbers only: bools are taken as integers. */
export const numeric = (x: Value): Value => (x.type === 'bool' ? castTo(x, 'int32') : x)

/** Aligns the operands, builds the value, and wraps it with the common shape and layout. */
export function combine(operands: readonly Lazy[], build: (values: readonly Value[]) => Value): Lazy {
  const { shape, layout, values } = together(operands)
  const value = build(values)
  return { shape, layout, value, dtype: value.type as ComputedType }
}

export const clip = (x: Value, low: number, high: number): Value =>
  emit('Clip', [x, constant(x, low), constant(x, high)], { shape: x.shape })

export const withAlpha = (op: string, x: Value, alpha: number): Value =>
  emit(op, [castTo(x, 'float32')], { shape: x.shape, attributes: { alpha: { float: alpha } } })

/** The activation of a fused kernel, applied to its result. */
export function activate(name: backend_util.Activation, x: Lazy, alpha: { leaky: number; prelu: Lazy | null }): Lazy {
  const wrap = (value: Value): Lazy => ({ ...x, value })
  switch (name) {
    case 'linear':
      return x
    case 'relu':
      return wrap(apply('Relu', x.value))
    case 'relu6':
      return wrap(clip(x.value, 0, 6))
    case 'elu':
      return wrap(apply('Elu', x.value))
    case 'sigmoid':
      return wrap(apply('Sigmoid', x.value))
    case 'leakyrelu':
      return wrap(withAlpha('LeakyRelu', x.value, alpha.leaky))
    case 'prelu':
      return combine([x, alpha.prelu as Lazy], ([value, slope]) => apply('PRelu', value as Value, slope as Value))
    default:
      return wrap(apply('Tanh', x.value))
  }
}
