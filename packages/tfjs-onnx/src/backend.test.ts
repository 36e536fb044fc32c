/** What the backend owes to tfjs beside kernels: errors where they belong, sharing of data, complex numbers and strings. */

import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { values } from './fixtures/testing.ts'
import { useOnnxBackend } from './use-onnx-backend.ts'

beforeAll(async () => {
  await useOnnxBackend()
})

describe('the backend', () => {
  it('reports a failed tensor where it is read, and computes the others', () => {
    tf.tidy(() => {
      const positions = tf.add(tf.tensor1d([1, 7], 'int32'), tf.scalar(1, 'int32'))
      const outside = tf.gather(values([3]), positions as tf.Tensor1D)
      const fine = tf.add(tf.tensor1d([1, 2]), 1)
      expect([...fine.dataSync()]).toEqual([2, 3])
      expect(() => outside.dataSync()).toThrow(/RUNTIME_FAILED|failed while running/)
      expect([...tf.mul(fine, 2).dataSync()]).toEqual([4, 6])
    })
    expect([...tf.tidy(() => tf.neg(tf.tensor1d([1, 2]))).dataSync()]).toEqual([-1, -2])
  })

  it('divides integers by zero without ending the process: the result is 0, as in tfjs', () => {
    tf.tidy(() => {
      const [a, b] = [tf.tensor1d([7, -7, 0], 'int32'), tf.tensor1d([0, 2, 0], 'int32')]
      expect([...tf.floorDiv(a, b).dataSync()]).toEqual([0, -4, 0])
      expect([...tf.mod(a, b).dataSync()]).toEqual([0, 1, 0])
    })
  })

  it('keeps the sign of zeros', () => {
    tf.tidy(() => {
      const reciprocals = (zeros: number[]) => [...tf.reciprocal(tf.tensor1d(zeros)).dataSync()]
      expect(reciprocals([0, 0])).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
      expect(reciprocals([-0, -0])).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])
    })
  })

  it('shares the data of a clone until the last is disposed of', () => {
    const x = values([100])
    const before = tf.memory().numDataBuffers
    const copy = tf.clone(x)
    expect(tf.memory().numDataBuffers).toBe(before)
    const expected = [...x.dataSync()]
    x.dispose()
    expect([...copy.dataSync()]).toEqual(expected)
    copy.dispose()
    expect(tf.memory().numDataBuffers).toBe(before - 1)
  })

  it('holds complex numbers: a Fourier transform and back, and three data buffers each', () => {
    const before = { ...tf.memory(), ids: tf.backend().numDataIds() }
    tf.tidy(() => {
      const x = tf.complex(values([3, 7], 1), values([3, 7], 2))
      expect(tf.backend().numDataIds()).toBe(before.ids + 5)
      const back = tf.spectral.ifft(tf.spectral.fft(x))
      const [a, b] = [x.dataSync(), back.dataSync()]
      expect(b.length).toBe(42)
      for (let i = 0; i < a.length; i++) expect(b[i]).toBeCloseTo(a[i] as number, 6)
    })
    expect({ ...tf.memory(), ids: tf.backend().numDataIds() }).toEqual(before)
  })

  it('keeps strings', () => {
    tf.tidy(() => {
      const words = tf.tensor1d(['κ', 'velocity'])
      expect(words.dataSync()).toEqual(['κ', 'velocity'] as never)
      expect(tf.concat([words, words]).arraySync()).toEqual(['κ', 'velocity', 'κ', 'velocity'] as never)
    })
  })
})
