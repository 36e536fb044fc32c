/** The layer's own gradient against tfjs's automatic one of the formula as it is written in the paper. */

import '@tensorflow/tfjs-backend-cpu'
import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { apart, gradientsOf, movedTensors, random } from './fixtures/testing.ts'
import { type GroupNormOptions, groupNorm } from './group-norm.ts'
import type { Parameters } from './network.ts'

beforeAll(async () => {
  await useOnnxBackend({ threads: 1 })
})

/** (x − mean) / √(variance + ε) over each group's channels and pixels, times weight, plus bias. */
function plain(given: Parameters, x: tf.Tensor, { channels, groups, epsilon, silu }: GroupNormOptions): tf.Tensor {
  const [n, height, width] = x.shape as [number, number, number]
  const members = tf.reshape(x, [n, height, width, groups, channels / groups])
  const { mean, variance } = tf.moments(members, [1, 2, 4], true)
  const normal = tf.reshape(tf.div(tf.sub(members, mean), tf.sqrt(tf.add(variance, epsilon))), x.shape)
  const z = tf.add(tf.mul(normal, given['norm.weight'] as tf.Tensor), given['norm.bias'] as tf.Tensor)
  return silu ? tf.mul(z, tf.sigmoid(z)) : z
}

const cases = [
  { n: 2, height: 3, width: 5, channels: 6, groups: 3, silu: true },
  { n: 1, height: 5, width: 1, channels: 4, groups: 1, silu: false },
  { n: 3, height: 7, width: 3, channels: 5, groups: 5, silu: true },
  { n: 2, height: 1, width: 1, channels: 9, groups: 3, silu: true },
] as const

describe.each(['onnx', 'cpu'] as const)('group norm on %s', backend => {
  beforeAll(async () => {
    await tf.setBackend(backend)
  })

  it.each(cases)('$n × $height × $width × $channels in $groups groups, silu $silu', ({ n, height, width, ...rest }) => {
    const options = { ...rest, epsilon: 1e-5 }
    const layer = groupNorm('norm', options)
    const parameters = movedTensors(layer.parameters)
    // neither centred nor of unit size
    const x = tf.add(tf.mul(random([n, height, width, rest.channels], 2), 1.7), 0.6) as tf.Tensor4D
    expect(apart(layer.apply(parameters, x), plain(parameters, x, options))).toBeLessThan(1e-5)

    const slope = random(x.shape, 3)
    const loss = (y: tf.Tensor) => tf.sum(tf.mul(y, slope))
    const own = gradientsOf((p, input) => loss(layer.apply(p, input as tf.Tensor4D)), parameters, x)
    const automatic = gradientsOf((p, input) => loss(plain(p, input, options)), parameters, x)
    for (const name of ['norm.weight', 'norm.bias', 'x']) {
      expect(apart(own[name] as tf.Tensor, automatic[name] as tf.Tensor), name).toBeLessThan(1e-4)
    }
  })
})

it('gives each group mean 0 and variance 1, whatever the scale and shift of the image', async () => {
  await tf.setBackend('onnx')
  const options = { channels: 4, groups: 2, epsilon: 1e-5, silu: false }
  const layer = groupNorm('norm', options)
  const parameters = { 'norm.weight': tf.ones([4]), 'norm.bias': tf.zeros([4]) }
  const x = random([2, 5, 3, 4]) as tf.Tensor4D
  const y = layer.apply(parameters, x)
  const { mean, variance } = tf.moments(tf.reshape(y, [2, 5, 3, 2, 2]), [1, 2, 4])
  expect(apart(mean, tf.zeros([2, 2]))).toBeLessThan(1e-5)
  expect(apart(variance, tf.ones([2, 2]))).toBeLessThan(1e-4)
  expect(apart(layer.apply(parameters, tf.add(tf.mul(x, 20), 50)), y)).toBeLessThan(1e-3)
})
