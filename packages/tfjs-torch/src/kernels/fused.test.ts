/** The kernels beyond tfjs's own give what their formulas give by tfjs's operators, and so do their gradients. */

import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { library } from '../fixtures/library.ts'
import { useTorchBackend } from '../index.ts'

const run = (name: string, inputs: Record<string, tf.Tensor>, attributes: Record<string, unknown> = {}) =>
  [tf.engine().runKernel(name, inputs as never, attributes as never)].flat() as unknown as tf.Tensor[]

const noise = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed)

function expectClose(actual: readonly tf.Tensor[], expected: readonly tf.Tensor[]): void {
  expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape))
  for (const [i, one] of actual.entries()) {
    const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(one, expected[i] as tf.Tensor))).dataSync()[0])
    expect(difference).toBeLessThan(2e-5)
  }
}

describe.skipIf(library === null)('fused kernels', () => {
  beforeAll(async () => {
    await useTorchBackend({ device: 'cpu', library: library as string })
  })

  it.each([false, true])('GroupNorm with SiLU: %s', silu => {
    const [groups, epsilon] = [2, 1e-5]
    const formula = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) => {
      const grouped = tf.reshape(x, [3, 20, groups, 4])
      const { mean, variance } = tf.moments(grouped, [1, 3], true)
      const normal = tf.reshape(tf.div(tf.sub(grouped, mean), tf.sqrt(tf.add(variance, epsilon))), x.shape)
      const z = tf.add(tf.mul(normal, weight), bias)
      return silu ? tf.mul(z, tf.sigmoid(z)) : z
    }
    const kernel = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) =>
      run('GroupNorm', { x, weight, bias }, { groups, epsilon, silu })[0] as tf.Tensor
    tf.tidy(() => {
      const inputs = [noise([3, 4, 5, 8], 1), noise([8], 2), noise([8], 3)]
      const dy = noise([3, 4, 5, 8], 4)
      expectClose(
        [kernel(...(inputs as [tf.Tensor, tf.Tensor, tf.Tensor]))],
        [formula(...(inputs as [tf.Tensor, tf.Tensor, tf.Tensor]))],
      )
      expectClose(tf.grads(kernel as never)(inputs, dy), tf.grads(formula as never)(inputs, dy))
    })
  })

  it('Silu', () => {
    tf.tidy(() => {
      const [x, dy] = [noise([5, 7], 5), noise([5, 7], 6)]
      const formula = (value: tf.Tensor) => tf.mul(value, tf.sigmoid(value))
      const kernel = (value: tf.Tensor) => run('Silu', { x: value })[0] as tf.Tensor
      expectClose([kernel(x)], [formula(x)])
      expectClose([tf.grad(kernel)(x, dy)], [tf.grad(formula)(x, dy)])
    })
  })

  it.each([false, true])('Adam with decoupled weight decay: %s, without changing its inputs', decoupled => {
    tf.tidy(() => {
      const [parameters, gradient, firstMoment] = [noise([50], 7), noise([50], 8), noise([50], 9)]
      const secondMoment = tf.square(noise([50], 10))
      const before = [parameters, firstMoment, secondMoment].map(one => one.dataSync().slice())
      const options = { rate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, decoupled, step: 3 }
      const actual = run('Adam', { parameters, gradient, firstMoment, secondMoment }, options)
      const { rate, beta1, beta2, epsilon, weightDecay, step } = options
      const slope = decoupled ? gradient : tf.add(gradient, tf.mul(parameters, weightDecay))
      const first = tf.add(tf.mul(firstMoment, beta1), tf.mul(slope, 1 - beta1))
      const second = tf.add(tf.mul(secondMoment, beta2), tf.mul(tf.square(slope), 1 - beta2))
      const scale = tf.add(tf.div(tf.sqrt(second), Math.sqrt(1 - beta2 ** step)), epsilon)
      const update = tf.div(tf.mul(first, rate / (1 - beta1 ** step)), scale)
      const shrunk = decoupled ? tf.mul(parameters, 1 - rate * weightDecay) : parameters
      expectClose(actual, [tf.sub(shrunk, update), first, second])
      expect([parameters, firstMoment, secondMoment].map(one => one.dataSync())).toEqual(before)
    })
  })

  it('Lerp', () => {
    tf.tidy(() => {
      const [a, b] = [noise([9], 11), noise([9], 12)]
      expectClose(run('Lerp', { a, b }, { weight: 0.3 }), [tf.add(tf.mul(a, 0.7), tf.mul(b, 0.3))])
    })
  })
})
