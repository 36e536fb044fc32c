/** Gradients of reductions and scans against finite differences, over any dimensions, and at zeros where products have them. */

import * as tf from '@tensorflow/tfjs-core'
import { apart, describeGradients, type GradientCase, smooth } from '../fixtures/finite-differences.ts'
import { reductionRules } from './reductions.ts'

type T = tf.Tensor
type Reduce = (x: T, axis?: number | number[], keepDims?: boolean) => T

const reductions = (f: Reduce, draw = smooth): GradientCase[] => [
  { f: x => f(x as T), shapes: [[7]], draw },
  { f: x => f(x as T, 0), shapes: [[3, 5]], draw },
  { f: x => f(x as T, -1, true), shapes: [[3, 5]], draw },
  { f: x => f(x as T, [0, 2]), shapes: [[2, 3, 4]], draw },
  { f: x => f(x as T, [1, 3], true), shapes: [[2, 3, 1, 2]], draw },
  { f: x => f(tf.transpose(x as T, [2, 0, 1]), [0, 1]), shapes: [[2, 3, 4]], draw },
  { f: x => f(x as T), shapes: [[1]], draw },
]

const flat = (f: (x: T) => T): GradientCase[] =>
  [[7], [3, 5], [1]].map(shape => ({ f: x => tf.cast(f(x as T), 'float32'), shapes: [shape], draw: apart }))

const alongOne = (
  f: (x: T, axis: number, exclusive: boolean, reverse: boolean) => T,
  draw = smooth,
): GradientCase[] => [
  { f: x => f(x as T, 0, false, false), shapes: [[7]], draw },
  { f: x => f(x as T, 1, true, false), shapes: [[3, 5]], draw },
  { f: x => f(x as T, 0, false, true), shapes: [[4, 3]], draw },
  { f: x => f(x as T, 1, true, true), shapes: [[2, 3, 4]], draw },
  { f: x => f(tf.transpose(x as T, [1, 0]), 1, false, false), shapes: [[4, 3]], draw },
  { f: x => f(x as T, 0, false, false), shapes: [[1]], draw },
]

/** A product's gradient where one factor is 0, and where two are. */
const withZeros = (shape: readonly number[], seed: number): T => {
  const x = smooth(shape, seed)
  const count = Math.min(2, x.size - 1)
  return tf.reshape(tf.concat([tf.zeros([count]), tf.slice(tf.reshape(x, [x.size]), count)]), [...shape])
}

const softmaxes = (f: (x: T) => T): GradientCase[] =>
  [[7], [3, 5], [2, 3, 1], [2, 2, 3, 5]].map(shape => ({ f: x => f(x as T), shapes: [shape] }))

describeGradients(reductionRules, {
  Sum: reductions((...x) => tf.sum(...x)),
  Mean: reductions((...x) => tf.mean(...x)),
  Max: reductions((...x) => tf.max(...x), apart),
  Min: reductions((...x) => tf.min(...x), apart),
  Prod: [...reductions((...x) => tf.prod(...x)), ...reductions((...x) => tf.prod(...x), withZeros)],
  ArgMax: flat(x => tf.argMax(x, -1)),
  ArgMin: flat(x => tf.argMin(x, 0)),
  Cumsum: alongOne((...x) => tf.cumsum(...x)),
  Cumprod: [...alongOne((...x) => tf.cumprod(...x)), ...alongOne((...x) => tf.cumprod(...x), withZeros)],
  Softmax: softmaxes(x => tf.softmax(x)),
  // the op has a gradient of its own and does not call the kernel
  LogSoftmax: softmaxes(x => tf.engine().runKernel(tf.LogSoftmax, { logits: x }) as T),
})
