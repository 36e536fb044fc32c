/** Element-wise kernels of one operand, as one ONNX operator or a short chain, in the layout of the operand. */

import { permute } from '../graph/layout.ts'
import { emit, filled, type Value } from '../graph/value.ts'
import { type ComputedType, castTo, type Lazy } from '../lazy.ts'
import type { Call, KernelFunction, KernelTable } from './call.ts'
import { apply, clip, compare, constant, notANumber, numeric, where, withAlpha } from './elementwise.ts'

type Unary = (x: Value, call: Call) => Value

const unary =
  (build: Unary): KernelFunction =>
  call => {
    const x = call.input('x')
    const value = build(x.value, call)
    return { ...x, value, dtype: value.type as ComputedType }
  }

const plain = (op: string): KernelFunction => unary(x => apply(op, numeric(x)))
const onFloats = (op: string): KernelFunction => unary(x => apply(op, castTo(x, 'float32')))
const asBool = (op: string): KernelFunction =>
  unary(x => emit(op, [castTo(x, 'float32')], { shape: x.shape, type: 'bool' }))

/** No operation on integers. */
const rounding = (op: string): KernelFunction => unary(x => (x.type === 'float32' ? apply(op, x) : numeric(x)))

/** In double precision, for functions that amplify rounding errors. */
function inDouble(x: Value, build: (wide: Value) => Value): Value {
  const as = (value: Value, type: Value['type'], to: number): Value =>
    emit('Cast', [value], { shape: value.shape, type, attributes: { to } })
  return as(build(as(x, 'float64', 11)), 'float32', 1)
}

const names = {
  plain: ['Abs', 'Neg', 'Relu'],
  rounding: ['Ceil', 'Floor', 'Round'],
  onFloats: [
    ...['Reciprocal', 'Sqrt', 'Log', 'Erf', 'Sigmoid', 'Softplus', 'Elu', 'Selu', 'Sin', 'Cos', 'Asin', 'Acos'],
    ...['Atan', 'Sinh', 'Cosh', 'Tanh', 'Asinh', 'Acosh', 'Atanh'],
  ],
} as const

const table = (kernels: readonly string[], make: (op: string) => KernelFunction): KernelTable =>
  Object.fromEntries(kernels.map(name => [name, make(name)]))

const fillLike = (x: Lazy, value: number): Lazy => ({
  ...x,
  value: filled(permute(x.shape, x.layout), value, x.dtype),
})

/** 1 above zero, alpha elsewhere; NaN stays NaN. */
const step: Unary = (given, call) => {
  const x = numeric(given)
  const stepped = where(compare('Greater', x, constant(x, 0)), constant(x, 1), constant(x, call.attribute('alpha')))
  return x.type === 'float32' ? where(notANumber(x), x, stepped) : stepped
}

/** In tfjs, unlike ONNX, the sign of NaN is 0. */
const sign: Unary = given => {
  const x = numeric(given)
  return x.type === 'float32' ? where(notANumber(x), constant(x, 0), apply('Sign', x)) : apply('Sign', x)
}

/** 2·sinh(x/2)·exp(x/2) for small x, where exp(x) − 1 loses precision. */
function expm1(x: Value): Value {
  const half = apply('Mul', x, constant(x, 0.5))
  const near = apply('Mul', apply('Mul', apply('Sinh', half), apply('Exp', half)), constant(x, 2))
  const isNear = compare('Less', apply('Abs', x), constant(x, 1))
  return where(isNear, near, apply('Sub', apply('Exp', x), constant(x, 1)))
}

/** 2·artanh(x/(2 + x)) for small x, where 1 + x loses precision. */
function log1p(x: Value): Value {
  const near = apply('Mul', apply('Atanh', apply('Div', x, apply('Add', x, constant(x, 2)))), constant(x, 2))
  const isNear = compare('Less', apply('Abs', x), constant(x, 0.5))
  return where(isNear, near, apply('Log', apply('Add', x, constant(x, 1))))
}

const isComputed = (dtype: string): dtype is ComputedType => ['float32', 'int32', 'bool'].includes(dtype)

export const unaryKernels: KernelTable = {
  ...table(names.plain, plain),
  ...table(names.rounding, rounding),
  ...table(names.onFloats, onFloats),
  Sign: unary(sign),
  Step: unary(step),
  Exp: unary(x => (x.type === 'float32' ? apply('Exp', x) : inDouble(x, wide => apply('Exp', wide)))),
  // near a pole, the result is sensitive to the last bit of the argument
  Tan: unary(x => inDouble(x, wide => apply('Div', apply('Sin', wide), apply('Cos', wide)))),
  LogicalNot: unary(x => apply('Not', castTo(x, 'bool'))),
  IsNan: asBool('IsNaN'),
  IsInf: asBool('IsInf'),
  // x − x is NaN for infinities and NaN
  IsFinite: unary(x => {
    const float = castTo(x, 'float32')
    return compare('Equal', apply('Sub', float, float), constant(float, 0))
  }),
  Square: unary(x => apply('Mul', numeric(x), numeric(x))),
  Rsqrt: unary(x => apply('Reciprocal', apply('Sqrt', castTo(x, 'float32')))),
  Expm1: unary(x => expm1(castTo(x, 'float32'))),
  Log1p: unary(x => log1p(castTo(x, 'float32'))),
  Relu6: unary(x => clip(numeric(x), 0, 6)),
  LeakyRelu: unary((x, call) => withAlpha('LeakyRelu', x, call.attribute('alpha'))),
  ClipByValue: unary((x, call) => clip(numeric(x), call.attribute('clipValueMin'), call.attribute('clipValueMax'))),
  Cast: call => {
    const x = call.input('x')
    const dtype = call.attribute<string>('dtype')
    return isComputed(dtype) ? { ...x, dtype, value: castTo(x.value, dtype) } : null
  },
  ZerosLike: call => fillLike(call.input('x'), 0),
  OnesLike: call => fillLike(call.input('x'), 1),
}
