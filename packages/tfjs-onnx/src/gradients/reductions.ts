/** Gradients of reductions and of operations along one dimension. */

import * as tf from '@tensorflow/tfjs-core'
import { flatIn, linear, type Rule, type RuleTable, type T, unary, where } from './rule.ts'

const axesOf = (x: T, axis: unknown): number[] =>
  tf.util.parseAxisParam((axis ?? [...x.shape.keys()]) as number | number[], x.shape)

/** `dy` of a reduction, with the reduced dimensions as size 1. */
function expanded(dy: T, x: T, axis: unknown): T {
  const axes = axesOf(x, axis)
  return tf.reshape(
    dy,
    x.shape.map((size, i) => (axes.includes(i) ? 1 : size)),
  )
}

/** The gradient flows to every element that equals the extreme value. */
const extreme = (axisName: string): Rule => ({
  inputs: ['x'],
  outputs: [true],
  gradient: (dy: T, saved, attributes) => {
    const [x, y] = saved as [T, T]
    const axis = attributes[axisName]
    return { x: () => where(tf.equal(x, expanded(y, x, axis)), expanded(dy, x, axis)) }
  },
})

/** For each element along the last dimension, the product of all others; unlike a quotient, also correct at zeros. */
function productOfOthers(x: T): T {
  const last = x.rank - 1
  return tf.mul(tf.cumprod(x, last, true, false), tf.cumprod(x, last, true, true))
}

/** With the reduced dimensions merged into one, at the end. */
const product: Rule = unary((dy, x, { axis }) => {
  const axes = axesOf(x, axis)
  const others = [...x.shape.keys()].filter(i => !axes.includes(i))
  const permutation = [...others, ...axes]
  const moved = tf.transpose(x, permutation)
  const kept = others.map(i => x.shape[i] as number)
  const rows = tf.reshape(tf.cast(moved, 'float32'), [...kept, -1])
  const slopes = tf.mul(tf.reshape(dy, [...kept, 1]), productOfOthers(rows))
  return tf.transpose(tf.reshape(slopes, moved.shape), tf.backend_util.getUndoAxesPermutation(permutation))
})

/**
 * Row j of a square matrix has the factors of result j and ones elsewhere, so the gradient is that of products of rows. Quadratic in the
 * size of the dimension, and correct at zeros.
 */
const cumulativeProduct: Rule = unary((dy, x, { axis, exclusive, reverse }) => {
  const [dimension = 0] = tf.util.parseAxisParam(axis as number, x.shape)
  const size = x.shape[dimension] as number
  const permutation = [...[...x.shape.keys()].filter(i => i !== dimension), dimension]
  const moved = (tensor: T): T => tf.transpose(tensor, permutation)
  const band = tf.ones([size, size]) as tf.Tensor2D
  const square = reverse ? tf.linalg.bandPart(band, 0, -1) : tf.linalg.bandPart(band, -1, 0)
  const isFactor = tf.greater(exclusive ? tf.sub(square, tf.eye(size)) : square, 0)
  const rows = tf.expandDims(moved(x), -2)
  const factors = tf.where(tf.broadcastTo(isFactor, [...rows.shape.slice(0, -2), size, size]), rows, tf.scalar(1))
  const slopes = where(isFactor, tf.mul(tf.expandDims(moved(dy), -1), productOfOthers(factors)))
  return tf.transpose(tf.sum(slopes, -2), tf.backend_util.getUndoAxesPermutation(permutation))
})

export const reductionRules: RuleTable = {
  Sum: unary((dy, x, { axis }) => tf.broadcastTo(expanded(dy, x, axis), x.shape as never)),
  Mean: unary((dy, x, { axis }) => {
    const share = tf.div(expanded(dy, x, axis), x.size / dy.size)
    return tf.broadcastTo(share, x.shape as never)
  }),
  Max: extreme('reductionIndices'),
  Min: extreme('axis'),
  Prod: product,
  ArgMax: flatIn('x'),
  ArgMin: flatIn('x'),
  Cumsum: linear((dy, { axis, exclusive, reverse }) => tf.cumsum(dy, axis as number, exclusive as boolean, !reverse)),
  Cumprod: cumulativeProduct,
  Softmax: {
    outputs: [true],
    gradient: (dy: T, [y]) => ({
      logits: () => {
        const weighted = tf.mul(dy, y as T)
        return tf.sub(weighted, tf.mul(tf.sum(weighted, -1, true), y as T))
      },
    }),
  },
  LogSoftmax: {
    outputs: [true],
    gradient: (dy: T, [y]) => ({ logits: () => tf.sub(dy, tf.mul(tf.sum(dy, -1, true), tf.exp(y as T))) }),
  },
}
