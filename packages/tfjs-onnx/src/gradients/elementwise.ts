/** Gradients of element-wise kernels. */

import * as tf from '@tensorflow/tfjs-core'
import {
  binary,
  byResult,
  flat,
  flatIn,
  linear,
  perInput,
  type RuleTable,
  sumTo,
  type T,
  unary,
  where,
} from './rule.ts'

const quotient = binary(
  (dy, _, b) => tf.div(dy, b),
  (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
)

const oneOperand: RuleTable = {
  Abs: unary((dy, x) => tf.mul(dy, tf.sign(x))),
  Neg: linear(dy => tf.neg(dy)),
  Square: unary((dy, x) => tf.mul(tf.mul(x, 2), dy)),
  Exp: byResult((dy, y) => tf.mul(dy, y)),
  Expm1: unary((dy, x) => tf.mul(dy, tf.exp(x))),
  Log: unary((dy, x) => tf.div(dy, x)),
  Log1p: unary((dy, x) => tf.div(dy, tf.add(x, 1))),
  Sqrt: byResult((dy, y) => tf.div(tf.mul(dy, 0.5), y)),
  Rsqrt: byResult((dy, y) => tf.mul(tf.mul(dy, -0.5), tf.mul(tf.square(y), y))),
  Reciprocal: byResult((dy, y) => tf.neg(tf.mul(dy, tf.square(y)))),
  Sigmoid: byResult((dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
  Tanh: byResult((dy, y) => tf.mul(dy, tf.sub(1, tf.square(y)))),
  Softplus: unary((dy, x) => tf.mul(dy, tf.sigmoid(x))),
  Relu: byResult((dy, y) => where(tf.greater(y, 0), dy)),
  Relu6: unary((dy, x) => where(tf.logicalAnd(tf.greater(x, 0), tf.lessEqual(x, 6)), dy)),
  Elu: byResult((dy, y) => tf.mul(dy, tf.where(tf.greater(y, 0), tf.onesLike(y), tf.add(y, 1)))),
  Selu: unary((dy, x) => {
    const { SELU_SCALE: scale, SELU_SCALEALPHA: scaleAlpha } = tf.backend_util
    return tf.mul(dy, tf.where(tf.greater(x, 0), tf.mul(tf.onesLike(x), scale), tf.mul(tf.exp(x), scaleAlpha)))
  }),
  LeakyRelu: unary((dy, x, { alpha }) => tf.mul(dy, tf.step(x, alpha as number))),
  Sin: unary((dy, x) => tf.mul(dy, tf.cos(x))),
  Cos: unary((dy, x) => tf.neg(tf.mul(dy, tf.sin(x)))),
  Tan: byResult((dy, y) => tf.mul(dy, tf.add(1, tf.square(y)))),
  Asin: unary((dy, x) => tf.mul(dy, tf.rsqrt(tf.sub(1, tf.square(x))))),
  Acos: unary((dy, x) => tf.neg(tf.mul(dy, tf.rsqrt(tf.sub(1, tf.square(x)))))),
  Atan: unary((dy, x) => tf.div(dy, tf.add(1, tf.square(x)))),
  Sinh: unary((dy, x) => tf.mul(dy, tf.cosh(x))),
  Cosh: unary((dy, x) => tf.mul(dy, tf.sinh(x))),
  Asinh: unary((dy, x) => tf.mul(dy, tf.rsqrt(tf.add(1, tf.square(x))))),
  Acosh: unary((dy, x) => tf.mul(dy, tf.rsqrt(tf.sub(tf.square(x), 1)))),
  Atanh: unary((dy, x) => tf.div(dy, tf.sub(1, tf.square(x)))),
  Erf: unary((dy, x) => tf.mul(dy, tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI)))),
  ClipByValue: unary((dy, x, { clipValueMin, clipValueMax }) =>
    where(tf.logicalAnd(tf.greaterEqual(x, clipValueMin as number), tf.lessEqual(x, clipValueMax as number)), dy),
  ),
  Cast: linear(dy => tf.cast(dy, 'float32')),
  Identity: linear(dy => tf.cast(dy, 'float32')),
}

const twoOperands: RuleTable = {
  Add: binary(
    dy => dy,
    dy => dy,
  ),
  Sub: binary(
    dy => dy,
    dy => tf.neg(dy),
  ),
  Multiply: binary(
    (dy, _, b) => tf.mul(dy, b),
    (dy, a) => tf.mul(dy, a),
  ),
  RealDiv: quotient,
  // as tfjs has it: tf.div of two integers should still train
  FloorDiv: quotient,
  Mod: binary(
    dy => dy,
    (dy, a, b) => tf.neg(tf.mul(dy, tf.floor(tf.div(a, b)))),
  ),
  Atan2: binary(
    (dy, a, b) => tf.div(tf.mul(dy, b), tf.add(tf.square(a), tf.square(b))),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.add(tf.square(a), tf.square(b)))),
  ),
  SquaredDifference: binary(
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(a, b), 2)),
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(b, a), 2)),
  ),
  Maximum: binary(
    (dy, a, b) => where(tf.greaterEqual(a, b), dy),
    (dy, a, b) => where(tf.less(a, b), dy),
  ),
  Minimum: binary(
    (dy, a, b) => where(tf.lessEqual(a, b), dy),
    (dy, a, b) => where(tf.greater(a, b), dy),
  ),
  Pow: binary(
    (dy, a, b) => tf.mul(dy, tf.mul(b, tf.pow(a, tf.sub(b, 1)))),
    (dy, a, b) =>
      tf.mul(dy, tf.mul(tf.pow(a, b), tf.where(tf.greater(a, 0), tf.log(tf.maximum(a, 1e-38)), tf.zerosLike(a)))),
  ),
  Prelu: {
    inputs: ['x', 'alpha'],
    gradient: (dy: T, saved) => {
      const [x, alpha] = saved as [T, T]
      const positive = tf.greater(x, 0)
      return {
        x: () => tf.where(positive, dy, tf.mul(dy, alpha)),
        alpha: () => sumTo(where(tf.logicalNot(positive), tf.mul(dy, x)), alpha.shape),
      }
    },
  },
}

const moreOperands: RuleTable = {
  // a tensor of its own for each: tfjs disposes of what it has added up
  AddN: { inputs: 'all', gradient: (dy: T, saved) => perInput(saved, () => tf.clone(dy)) },
  Select: {
    inputs: ['condition'],
    gradient: (dy: T, [condition]) => ({
      condition: () => tf.zerosLike(tf.cast(condition as T, 'float32')),
      t: () => where(condition as T, dy),
      e: () => where(tf.logicalNot(condition as T), dy),
    }),
  },
}

const flatOnes = ['Ceil', 'Floor', 'Round', 'Sign', 'Step', 'ZerosLike', 'OnesLike', 'IsNan', 'IsInf', 'IsFinite']
const comparisons = ['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual']

export const elementwiseRules: RuleTable = {
  ...oneOperand,
  ...twoOperands,
  ...moreOperands,
  ...Object.fromEntries(flatOnes.map(name => [name, flat])),
  ...Object.fromEntries(comparisons.map(name => [name, flatIn('a', 'b')])),
}
