/** Piece by piece against all at once, at lengths around the size of a piece. */

import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileElementwise } from './compile-elementwise.ts'
import { values } from './fixtures/testing.ts'
import { useOnnxBackend } from './use-onnx-backend.ts'

beforeAll(async () => {
  await useOnnxBackend({ threads: 1 })
})

type Inputs = Readonly<Record<'a' | 'b' | 'scale', tf.Tensor>>

const f = ({ a, b, scale }: Inputs): { sum: tf.Tensor; product: tf.Tensor } => ({
  sum: tf.add(tf.mul(a, scale), b),
  product: tf.mul(a, tf.sigmoid(b)), // an operator for the runtime: a loop would not be cut in pieces
})

describe('functions of elements', () => {
  const compiled = compileElementwise(f, ['a', 'b'])
  afterAll(() => compiled.dispose())

  const piece = 2 ** 18
  it.each([1, 7, piece - 1, piece, piece + 1, 2 * piece, 2 * piece + 99])('%i elements', length => {
    for (const turn of [1, 2]) {
      const inputs = { a: values([length], turn), b: values([length], turn + 2), scale: tf.scalar(turn) }
      const [expected, got] = [f(inputs), compiled(inputs)]
      expect(got.sum.shape).toEqual([length])
      for (const name of ['sum', 'product'] as const) {
        const apart = tf.max(tf.abs(tf.sub(expected[name], got[name]))).dataSync()[0]
        expect(apart, name).toBeLessThan(1e-6)
      }
    }
  })

  it('refuses vectors of different lengths, and results that are none', () => {
    const scale = tf.scalar(1)
    expect(() => compiled({ a: values([3]), b: values([4]), scale })).toThrow('have the shapes [3], [4]')
    expect(() => compiled({ a: values([2, 2]), b: values([2, 2]), scale })).toThrow('have the shapes [2,2], [2,2]')
    const sums = compileElementwise(({ a }: { a: tf.Tensor }) => ({ total: tf.sum(a) as tf.Tensor }), ['a'])
    expect(() => sums({ a: values([3]) })).toThrow('its result total is []')
  })

  it('simply calls the function on another backend', async () => {
    await tf.setBackend('cpu')
    const { sum } = compiled({ a: tf.tensor1d([1, 2]), b: tf.tensor1d([3, 4]), scale: tf.scalar(2) })
    expect([...sum.dataSync()]).toEqual([5, 8])
    await useOnnxBackend()
  })
})
