/** Element-wise kernels of two or more operands, with NumPy's broadcasting. */

import { emit, integers, scalar, type Value } from '../graph/value.ts'
import { castTo, type Lazy } from '../lazy.ts'
import type { KernelFunction, KernelTable } from './call.ts'
import { apply, combine, compare, constant, numeric, where } from './elementwise.ts'

type Binary = (a: Value, b: Value) => Value

const binary =
  (build: Binary): KernelFunction =>
  call =>
    combine([call.input('a'), call.input('b')], ([a, b]) => build(a as Value, b as Value))

const arithmetic = (op: string): KernelFunction => binary((a, b) => apply(op, numeric(a), numeric(b)))

const isFill = (x: Lazy, value: number): boolean => x.value.origin.kind === 'fill' && x.value.origin.value === value

/** `build`, without an operand that is `neutral` everywhere and does not broaden the shape. */
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

/** ONNX Runtime's integer division by zero may crash the process. In tfjs the result is 0. */
function byNonZero(op: 'Div' | 'Mod', a: Value, b: Value): Value {
  const isZero = compare('Equal', b, constant(b, 0))
  return where(isZero, constant(a, 0), apply(op, a, where(isZero, constant(b, 1), b)))
}

/** a − b·⌊a/b⌋, with the sign of the divisor. */
const floorMod: Binary = (a, b) => {
  if (a.type !== 'float32') return byNonZero('Mod', numeric(a), numeric(b))
  // unlike the formula, exact for large a/b
  const rest = emit('Mod', [a, b], { shape: apply('Sub', a, b).shape, attributes: { fmod: 1 } })
  const turned = apply('Add', rest, b)
  const opposite = compare('Less', apply('Mul', rest, b), constant(rest, 0))
  return where(opposite, turned, rest)
}

/** In tfjs the result is int32, also for floats. */
const floorDiv: Binary = (a, b) =>
  a.type === 'float32'
    ? castTo(apply('Floor', apply('Div', a, b)), 'int32')
    : byNonZero('Div', apply('Sub', numeric(a), byNonZero('Mod', numeric(a), numeric(b))), numeric(b))

const squaredDifference: Binary = (a, b) => {
  const difference = apply('Sub', numeric(a), numeric(b))
  return apply('Mul', difference, difference)
}

/** The arctangent of the quotient, rotated by π where x is negative. The sign of zero counts: 1/−0 is −∞. */
const atan2: Binary = (a, b) => {
  const [y, x] = [castTo(a, 'float32'), castTo(b, 'float32')]
  const zero = scalar(0)
  const negative = (value: Value): Value =>
    compare('Or', compare('Less', value, zero), compare('Less', apply('Div', scalar(1), value), zero))
  const isInfinite = (value: Value): Value => emit('IsInf', [value], { shape: value.shape, type: 'bool' })
  const bothInfinite = compare('And', isInfinite(y), isInfinite(x))
  const bothZero = compare('And', compare('Equal', y, zero), compare('Equal', x, zero))
  // where the quotient is undefined: 45 degrees for infinities, 0 for zeros
  const quotient = where(bothInfinite, apply('Mul', apply('Sign', y), apply('Sign', x)), apply('Div', y, x))
  const acute = apply('Atan', where(bothZero, apply('Mul', y, where(negative(x), scalar(-1), scalar(1))), quotient))
  const half = where(negative(y), scalar(-Math.PI), scalar(Math.PI))
  return where(negative(x), apply('Add', acute, half), acute)
}

const ofTwo: KernelTable = {
  Add: withNeutral(0, arithmetic('Add')),
  Sub: arithmetic('Sub'),
  Multiply: withNeutral(1, arithmetic('Mul')),
  RealDiv: binary((a, b) => apply('Div', castTo(a, 'float32'), castTo(b, 'float32'))),
  FloorDiv: binary(floorDiv),
  Mod: binary(floorMod),
  Pow: arithmetic('Pow'),
  Atan2: binary(atan2),
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
    combine([call.input('x'), call.input('alpha')], ([x, alpha]) =>
      apply('PRelu', castTo(x as Value, 'float32'), castTo(alpha as Value, 'float32')),
    ),
  EluGrad: call =>
    combine([call.input('dy'), call.input('y')], ([dy, y]) => {
      const slope = apply('Add', y as Value, scalar(1))
      return apply('Mul', dy as Value, where(compare('Greater', y as Value, scalar(0)), scalar(1), slope))
    }),
}

/** In tfjs, a vector of conditions selects whole rows: it aligns with the first dimension. */
function leading(condition: Lazy, rank: number): Lazy {
  if (condition.shape.length !== 1 || rank <= 1) return condition
  const shape = [...condition.shape, ...new Array<number>(rank - 1).fill(1)]
  const value = emit('Unsqueeze', [condition.value, onesAfterFirst(rank)], { shape })
  return { shape, dtype: condition.dtype, layout: [...shape.keys()], value }
}

const onesAfterFirst = (rank: number): Value => integers(Array.from({ length: rank - 1 }, (_, i) => i + 1))

export const binaryKernels: KernelTable = {
  ...ofTwo,
  AddN: call => combine(call.list(), values => values.map(numeric).reduce((sum, value) => apply('Add', sum, value))),
  Select: call => {
    const condition = call.input('condition')
    const yes = call.input('t')
    return combine([leading(condition, yes.shape.length), yes, call.input('e')], ([c, t, e]) =>
      where(castTo(c as Value, 'bool'), t as Value, e as Value),
    )
  },
}
