/** Gradients of element-wise kernels against finite differences, for every way in which shapes are broadcast. */

import * as tf from '@tensorflow/tfjs-core'
import {
  aboveOne,
  apart,
  describeGradients,
  type GradientCase,
  inside,
  positive,
  smooth,
} from '../fixtures/finite-differences.ts'
import { elementwiseRules } from './elementwise.ts'

type T = tf.Tensor
type Draw = typeof smooth

const unary = (f: (x: T) => T, draw: Draw = smooth): GradientCase[] =>
  [[7], [1], [2, 3, 5]].map(shape => ({ f: x => f(x as T), shapes: [shape], draw }))

/** Alike, broadcast from behind, from both sides, from a scalar, and of one element. */
const pairs = [
  [
    [3, 5],
    [3, 5],
  ],
  [
    [2, 3, 5],
    [3, 1],
  ],
  [
    [4, 1],
    [1, 3],
  ],
  [[], [2, 3]],
  [[1], [1]],
]

const binary = (f: (a: T, b: T) => T, draw: Draw | [Draw, Draw] = smooth): GradientCase[] =>
  pairs.map(shapes => ({ f: (a, b) => f(a as T, b as T), shapes, draw }))

/** Two draws that have no value in common. */
const separate: [Draw, Draw] = [apart, (shape, seed) => tf.add(apart(shape, seed), 0.1)]

const asNumbers = (f: (a: T, b: T) => T): GradientCase[] => binary((a, b) => tf.cast(f(a, b), 'float32'), separate)
const flag = (f: (x: T) => T): GradientCase[] => unary(x => tf.cast(f(x), 'float32'))

describeGradients(elementwiseRules, {
  Abs: unary(x => tf.abs(x), apart),
  Neg: unary(x => tf.neg(x)),
  Square: unary(x => tf.square(x)),
  Exp: unary(x => tf.exp(x)),
  Expm1: unary(x => tf.expm1(x)),
  Log: unary(x => tf.log(x), positive),
  Log1p: unary(x => tf.log1p(x), positive),
  Sqrt: unary(x => tf.sqrt(x), positive),
  Rsqrt: unary(x => tf.rsqrt(x), aboveOne),
  Reciprocal: unary(x => tf.reciprocal(x), aboveOne),
  Sigmoid: unary(x => tf.sigmoid(x)),
  Tanh: unary(x => tf.tanh(x)),
  Softplus: unary(x => tf.softplus(x)),
  Relu: unary(x => tf.relu(x), apart),
  Relu6: unary(x => tf.relu6(tf.mul(x, 4)), apart),
  Elu: unary(x => tf.elu(x), apart),
  Selu: unary(x => tf.selu(x), apart),
  LeakyRelu: unary(x => tf.leakyRelu(x, 0.3), apart),
  Sin: unary(x => tf.sin(x)),
  Cos: unary(x => tf.cos(x)),
  Tan: unary(x => tf.tan(x)),
  Asin: unary(x => tf.asin(x), inside),
  Acos: unary(x => tf.acos(x), inside),
  Atan: unary(x => tf.atan(x)),
  Sinh: unary(x => tf.sinh(x)),
  Cosh: unary(x => tf.cosh(x)),
  Asinh: unary(x => tf.asinh(x)),
  Acosh: unary(x => tf.acosh(x), aboveOne),
  Atanh: unary(x => tf.atanh(x), inside),
  Erf: unary(x => tf.erf(x)),
  ClipByValue: unary(x => tf.clipByValue(x, -0.5, 1), apart),
  Cast: unary(x => tf.cast(x, 'float32')),
  Identity: unary(x => tf.clone(x)),
  Ceil: unary(x => tf.ceil(x), apart),
  Floor: unary(x => tf.floor(x), apart),
  Round: unary(x => tf.round(x), apart),
  Sign: unary(x => tf.sign(x), apart),
  Step: unary(x => tf.step(x, 0.5), apart),
  ZerosLike: unary(x => tf.zerosLike(x)),
  OnesLike: unary(x => tf.onesLike(x)),
  IsNan: flag(x => tf.isNaN(x)),
  IsInf: flag(x => tf.isInf(x)),
  IsFinite: flag(x => tf.isFinite(x)),

  Add: binary((a, b) => tf.add(a, b)),
  Sub: binary((a, b) => tf.sub(a, b)),
  Multiply: binary((a, b) => tf.mul(a, b)),
  RealDiv: binary((a, b) => tf.div(a, b), [smooth, aboveOne]),
  FloorDiv: binary((a, b) => tf.cast(tf.floorDiv(a, b), 'float32'), [smooth, aboveOne]).map(one => ({
    ...one,
    insteadOf: (a, b) => tf.div(a as T, b as T),
  })),
  Mod: binary((a, b) => tf.mod(a, b), [apart, (shape, seed) => tf.add(tf.mul(positive(shape, seed), 0), 1)]),
  Atan2: binary((a, b) => tf.atan2(a, b), [smooth, aboveOne]),
  SquaredDifference: binary((a, b) => tf.squaredDifference(a, b)),
  Maximum: binary((a, b) => tf.maximum(a, b), separate),
  Minimum: binary((a, b) => tf.minimum(a, b), separate),
  Pow: binary((a, b) => tf.pow(a, b), [aboveOne, smooth]),
  Prelu: [
    { f: (x, alpha) => tf.prelu(x as T, alpha as T), shapes: [[3, 5], [5]], draw: [apart, smooth] },
    {
      f: (x, alpha) => tf.prelu(x as T, alpha as T),
      shapes: [
        [2, 3, 1],
        [3, 1],
      ],
      draw: [apart, smooth],
    },
    { f: (x, alpha) => tf.prelu(x as T, alpha as T), shapes: [[1], [1]], draw: [apart, smooth] },
  ],
  Equal: asNumbers((a, b) => tf.equal(a, b)),
  NotEqual: asNumbers((a, b) => tf.notEqual(a, b)),
  Greater: asNumbers((a, b) => tf.greater(a, b)),
  GreaterEqual: asNumbers((a, b) => tf.greaterEqual(a, b)),
  Less: asNumbers((a, b) => tf.less(a, b)),
  LessEqual: asNumbers((a, b) => tf.lessEqual(a, b)),

  AddN: [
    {
      f: (a, b, c) => tf.addN([a as T, b as T, c as T]),
      shapes: [
        [2, 3],
        [2, 3],
        [2, 3],
      ],
    },
    { f: a => tf.addN([a as T, a as T]), shapes: [[1]] },
  ],
  Select: [[3, 5], [1], [2, 1, 3]].map(shape => ({
    f: (a, b) => tf.where(tf.greater(smooth(shape, 9), 0), a as T, b as T),
    shapes: [shape, shape],
  })),
})
