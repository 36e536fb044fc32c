/** Element-wise kernels: one ONNX operator each, or a short chain, in whatever order the operands lie. */

import type { backend_util } from '@tensorflow/tfjs-core'
import { permute } from '../graph/order.ts'
import { emit, filled, integers, scalar, type Value } from '../graph/value.ts'
import { type ComputedType, castTo, type Lazy } from '../lazy.ts'
import { together } from './broadcast.ts'
import type { Call, KernelFunction, KernelTable } from './call.ts'

// ---- building blocks on values -------------------------------------------------------------------------------------

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

const compare = (op: string, a: Value, b: Value): Value => emit(op, [a, b], { shape: widest([a, b]), type: 'bool' })

export const where = (condition: Value, yes: Value, no: Value): Value =>
  emit('Where', [condition, yes, no], { shape: widest([condition, yes, no]), type: yes.type })

const constant = (like: Value, value: number): Value => scalar(value, like.type)

// ---- one operand ---------------------------------------------------------------------------------------------------

type Unary = (x: Value, call: Call) => Value

const unary =
  (build: Unary, dtype?: ComputedType): KernelFunction =>
  call => {
    const x = call.input('x')
    const value = build(x.value, call)
    return { ...x, value, dtype: dtype ?? (value.type as ComputedType) }
  }

const plain = (op: string): KernelFunction => unary(x => apply(op, x))
const onFloats = (op: string): KernelFunction => unary(x => apply(op, castTo(x, 'float32')))
const asBool = (op: string): KernelFunction => unary(x => emit(op, [x], { shape: x.shape, type: 'bool' }))

const clip = (x: Value, low: number, high: number): Value =>
  emit('Clip', [x, constant(x, low), constant(x, high)], { shape: x.shape })

const withAlpha = (op: string, x: Value, alpha: number): Value =>
  emit(op, [castTo(x, 'float32')], { shape: x.shape, attributes: { alpha: { float: alpha } } })

const unaryKernels: KernelTable = {
  ...Object.fromEntries(['Abs', 'Neg', 'Sign', 'Relu'].map(name => [name, plain(name)])),
  ...Object.fromEntries(
    [
      ...['Ceil', 'Floor', 'Round', 'Reciprocal', 'Sqrt', 'Exp', 'Log', 'Erf', 'Sigmoid', 'Softplus', 'Elu', 'Selu'],
      ...['Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Tanh', 'Asinh', 'Acosh', 'Atanh'],
    ].map(name => [name, onFloats(name)]),
  ),
  LogicalNot: unary(x => apply('Not', castTo(x, 'bool'))),
  IsNan: asBool('IsNaN'),
  IsInf: asBool('IsInf'),
  Square: unary(x => apply('Mul', x, x)),
  Rsqrt: unary(x => apply('Reciprocal', apply('Sqrt', castTo(x, 'float32')))),
  Expm1: unary(x => apply('Sub', apply('Exp', x), constant(x, 1))),
  Log1p: unary(x => apply('Log', apply('Add', x, constant(x, 1)))),
  Relu6: unary(x => clip(x, 0, 6)),
  LeakyRelu: unary((x, call) => withAlpha('LeakyRelu', x, call.attribute('alpha'))),
  ClipByValue: unary((x, call) => clip(x, call.attribute('clipValueMin'), call.attribute('clipValueMax'))),
  /** 1 above zero, alpha elsewhere; NaN stays NaN. */
  Step: unary((x, call) => {
    const stepped = where(compare('Greater', x, constant(x, 0)), constant(x, 1), constant(x, call.attribute('alpha')))
    return where(compare('Equal', x, x), stepped, x)
  }),
  Cast: unary((x, call) => castTo(x, call.attribute('dtype'))),
  Identity: call => ({ ...call.input('x') }),
  ZerosLike: call => fillLike(call.input('x'), 0),
  OnesLike: call => fillLike(call.input('x'), 1),
}

const fillLike = (x: Lazy, value: number): Lazy => ({
  ...x,
  value: filled(permute(x.shape, x.order), value, x.dtype),
})

// ---- two operands --------------------------------------------------------------------------------------------------

type Binary = (a: Value, b: Value) => Value

export const binary =
  (build: Binary): KernelFunction =>
  call =>
    combine([call.input('a'), call.input('b')], ([a, b]) => build(a as Value, b as Value))

/** Aligns the operands, builds the value, and wraps it with the common shape and order. */
export function combine(operands: readonly Lazy[], build: (values: readonly Value[]) => Value): Lazy {
  const { shape, order, values } = together(operands)
  const value = build(values)
  return { shape, order, value, dtype: value.type as ComputedType }
}

/** Arithmetic wants numbers: two bools are taken as integers. */
const arithmetic = (op: string): KernelFunction => binary((a, b) => apply(op, numeric(a), numeric(b)))
const numeric = (x: Value): Value => (x.type === 'bool' ? castTo(x, 'int32') : x)

const isFill = (x: Lazy, value: number): boolean => x.value.origin.kind === 'fill' && x.value.origin.value === value

/** As `build`, but an operand that is `neutral` everywhere and does not widen the shape drops out. */
const withNeutral =
  (neutral: number, build: KernelFunction): KernelFunction =>
  call => {
    const a = call.input('a')
    const b = call.input('b')
    if (isFill(b, neutral) && covers(a, b) && a.dtype !== 'bool') return { ...a }
    if (isFill(a, neutral) && covers(b, a) && b.dtype !== 'bool') return { ...b }
    return build(call)
  }

const covers = (a: Lazy, b: Lazy): boolean =>
  a.dtype === b.dtype &&
  a.shape.length >= b.shape.length &&
  b.shape.every((size, i) => size === 1 || size === a.shape[i + a.shape.length - b.shape.length])

const comparison = (op: string, onBool: 'as is' | 'as integers'): KernelFunction =>
  binary((a, b) => (onBool === 'as is' ? compare(op, a, b) : compare(op, numeric(a), numeric(b))))

const logical = (op: string): KernelFunction => binary((a, b) => compare(op, castTo(a, 'bool'), castTo(b, 'bool')))

/** a − b·⌊a/b⌋: the sign follows the divisor. */
const floorMod: Binary = (a, b) =>
  a.type === 'int32' ? apply('Mod', a, b) : apply('Sub', a, apply('Mul', apply('Floor', apply('Div', a, b)), b))

/** tfjs gives int32, for floats too. */
const floorDiv: Binary = (a, b) =>
  a.type === 'int32'
    ? apply('Div', apply('Sub', a, apply('Mod', a, b)), b)
    : castTo(apply('Floor', apply('Div', a, b)), 'int32')

const squaredDifference: Binary = (a, b) => {
  const difference = apply('Sub', a, b)
  return apply('Mul', difference, difference)
}

const binaryKernels: KernelTable = {
  Add: withNeutral(0, arithmetic('Add')),
  Sub: arithmetic('Sub'),
  Multiply: withNeutral(1, arithmetic('Mul')),
  RealDiv: binary((a, b) => apply('Div', castTo(a, 'float32'), castTo(b, 'float32'))),
  FloorDiv: binary(floorDiv),
  Mod: binary(floorMod),
  Pow: arithmetic('Pow'),
  Maximum: arithmetic('Max'),
  Minimum: arithmetic('Min'),
  SquaredDifference: binary(squaredDifference),
  Equal: comparison('Equal', 'as is'),
  NotEqual: binary((a, b) => apply('Not', compare('Equal', a, b))),
  Greater: comparison('Greater', 'as integers'),
  GreaterEqual: comparison('GreaterOrEqual', 'as integers'),
  Less: comparison('Less', 'as integers'),
  LessEqual: comparison('LessOrEqual', 'as integers'),
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  Prelu: call =>
    combine([call.input('x'), call.input('alpha')], ([x, alpha]) => apply('PRelu', x as Value, alpha as Value)),
  EluGrad: call =>
    combine([call.input('dy'), call.input('y')], ([dy, y]) => {
      const slope = apply('Add', y as Value, scalar(1))
      return apply('Mul', dy as Value, where(compare('Greater', y as Value, scalar(0)), scalar(1), slope))
    }),
}

// ---- more operands -------------------------------------------------------------------------------------------------

const manyKernels: KernelTable = {
  AddN: call => combine(call.list(), values => values.map(numeric).reduce((sum, value) => apply('Add', sum, value))),
  Select: call => {
    const condition = call.input('condition')
    const yes = call.input('t')
    return combine([leading(condition, yes.shape.length), yes, call.input('e')], ([c, t, e]) =>
      where(castTo(c as Value, 'bool'), t as Value, e as Value),
    )
  },
}

/** tfjs lets a vector of conditions choose whole rows: its dimension is the first, not the last. */
function leading(condition: Lazy, rank: number): Lazy {
  if (condition.shape.length !== 1 || rank <= 1) return condition
  const shape = [...condition.shape, ...new Array<number>(rank - 1).fill(1)]
  const value = emit('Unsqueeze', [condition.value, onesAfterFirst(rank)], { shape })
  return { shape, dtype: condition.dtype, order: [...shape.keys()], value }
}

const onesAfterFirst = (rank: number): Value => integers(Array.from({ length: rank - 1 }, (_, i) => i + 1))

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

export const elementwiseKernels: KernelTable = { ...unaryKernels, ...binaryKernels, ...manyKernels }
