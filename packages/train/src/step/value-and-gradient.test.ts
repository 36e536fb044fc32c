/** The gradient is tfjs's own, and nothing is left behind. */

import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { valueAndGradient } from './value-and-gradient.ts'

beforeAll(() => useOnnxBackend({ threads: 1 }))

const forward: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  'a use of every intermediate result twice': x => {
    const y = tf.mul(x, tf.sin(x))
    return tf.sum(tf.add(tf.mul(y, y), tf.sub(y, x)))
  },
  'parts of the argument, one of which is not used': x => {
    const [a, , c] = tf.split(x, [2, 1, 3]) as [tf.Tensor, tf.Tensor, tf.Tensor]
    return tf.add(tf.sum(tf.square(a)), tf.mean(tf.exp(c)))
  },
  'a gradient that is passed on unchanged': x =>
    tf.sum(
      tf.customGrad((a, b) => ({
        value: tf.add(a as tf.Tensor, b as tf.Tensor),
        gradFunc: dy => [dy as tf.Tensor, dy as tf.Tensor],
      }))(tf.mul(x, 2), tf.square(x)),
    ),
  'the argument itself': x => tf.sum(x),
}

it.each(Object.keys(forward))('of %s', name => {
  const f = forward[name] as (x: tf.Tensor) => tf.Tensor
  const x = tf.tensor1d([1, -2, 3, 0.5, 4, -1])
  const expected = tf.valueAndGrad(f as (x: tf.Tensor) => tf.Scalar)(x)
  const before = tf.memory().numTensors
  const { value, gradient } = tf.tidy(() => ({ ...valueAndGradient(f, x) }))
  expect(tf.memory().numTensors).toBe(before + 2)
  expect(value.dataSync()).toEqual(expected.value.dataSync())
  expect([...gradient.dataSync()].map(v => v.toFixed(5))).toEqual([...expected.grad.dataSync()].map(v => v.toFixed(5)))
  tf.dispose([x, value, gradient, { ...expected }])
})

it('says when there is no gradient', () => {
  expect(() => tf.tidy(() => valueAndGradient(() => tf.scalar(1), tf.scalar(2)).value)).toThrow('does not depend')
})
