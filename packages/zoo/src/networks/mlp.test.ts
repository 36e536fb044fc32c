import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { apart, movedTensors, random } from './fixtures/testing.ts'
import { mlp } from './mlp.ts'
import { countParameters } from './network.ts'

beforeAll(async () => {
  await useOnnxBackend({ threads: 1 })
})

it('is y = W₂ silu(W₁ silu(W₀ x + b₀) + b₁) + b₂', () => {
  const network = mlp('m', { from: 3, to: 2, hidden: [5, 4] })
  expect(countParameters(network.parameters)).toBe(3 * 5 + 5 + 5 * 4 + 4 + 4 * 2 + 2)
  const given = movedTensors(network.parameters)
  const x = random([7, 3], 2) as tf.Tensor2D
  const affine = (h: tf.Tensor, i: number) =>
    tf.add(tf.matMul(h, tf.transpose(given[`m.${i}.weight`] as tf.Tensor2D)), given[`m.${i}.bias`] as tf.Tensor)
  const bend = (h: tf.Tensor) => tf.div(h, tf.add(1, tf.exp(tf.neg(h))))
  const expected = affine(bend(affine(bend(affine(x, 0)), 1)), 2)
  expect(apart(network.apply(given, x), expected)).toBeLessThan(1e-5)
})

it('refuses widths that are none', () => {
  for (const hidden of [[], [0], [2.5]]) {
    expect(() => mlp('m', { from: 1, to: 1, hidden })).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  }
})
