/** The kernels beyond tfjs's own give what their formulas give by tfjs's operators, and so do their gradients. */

import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { library } from '../fixtures/library.ts'
import { useTorchBackend } from '../index.ts'

const run = (name: string, inputs: Record<string, tf.Tensor>, attributes: Record<string, unknown> = {}) =>
  [tf.engine().runKernel(name, inputs as never, attributes as never)].flat() as unknown as tf.Tensor[]

const noise = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed)

const largest = (x: tf.Tensor) => tf.tidy(() => tf.max(tf.abs(x)).dataSync()[0] as number)

function expectClose(actual: readonly tf.Tensor[], expected: readonly tf.Tensor[], tolerance = 2e-5): void {
  expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape))
  for (const [i, one] of actual.entries()) {
    const wanted = expected[i] as tf.Tensor
    const difference = tf.tidy(() => largest(tf.sub(one, wanted)))
    expect(difference).toBeLessThan(tolerance * Math.max(1, largest(wanted)))
  }
}

type Inputs = [tf.Tensor, tf.Tensor, tf.Tensor]
type Layer = (...inputs: Inputs) => tf.Tensor

const kernelOf =
  (name: string, names: readonly string[], attributes = {}): Layer =>
  (...inputs) =>
    run(name, Object.fromEntries(names.map((input, i) => [input, inputs[i] as tf.Tensor])), attributes)[0] as tf.Tensor

const convolutionFormula =
  (stride: number, padding: number): Layer =>
  (x, filter, bias) => {
    const around = [padding, padding]
    const pad = [[0, 0], around, around, [0, 0]] as [[0, 0], [number, number], [number, number], [0, 0]]
    return tf.add(tf.conv2d(x as tf.Tensor4D, tf.transpose(filter, [2, 3, 1, 0]) as tf.Tensor4D, stride, pad), bias)
  }

const linearFormula: Layer = (x, weight, bias) => {
  const rows = tf.reshape(x, [-1, x.shape.at(-1) as number]) as tf.Tensor2D
  const product = tf.matMul(rows, weight as tf.Tensor2D, false, true)
  return tf.add(tf.reshape(product, [...x.shape.slice(0, -1), weight.shape[0] as number]), bias)
}

const attentionFormula: Layer = (q, k, v) => {
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(q.shape[3] as number))
  return tf.matMul(tf.softmax(scores), v)
}

interface LayerCase {
  readonly name: string
  readonly kernel: Layer
  readonly formula: Layer
  /** Of the inputs. */
  readonly shapes: readonly number[][]
}

const convolutionCase = (stride: number, padding: number, side: number): LayerCase => ({
  name: `Convolution ${side}×${side}, stride ${stride}`,
  kernel: kernelOf('Convolution', ['x', 'filter', 'bias'], { stride, padding }),
  formula: convolutionFormula(stride, padding),
  shapes: [[2, 6, 4, 8], [5, 8, side, side], [5]],
})

const linear = { kernel: kernelOf('Linear', ['x', 'weight', 'bias']), formula: linearFormula }
const attention = { kernel: kernelOf('Attention', ['q', 'k', 'v']), formula: attentionFormula }

const layers: readonly LayerCase[] = [
  convolutionCase(1, 1, 3),
  convolutionCase(2, 1, 3),
  convolutionCase(1, 0, 1),
  { name: 'Linear', ...linear, shapes: [[6, 8], [5, 8], [5]] },
  { name: 'Linear of tokens', ...linear, shapes: [[2, 3, 8], [5, 8], [5]] },
  { name: 'Attention', ...attention, shapes: [1, 2, 3].map(() => [2, 3, 6, 8]) },
]

/** Rounding of factors and results to 8 bits. */
const narrowTolerance = 0.02

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

  it.each(layers)('$name and its gradients', async ({ kernel, formula, shapes }) => {
    const numbers = tf.tidy(() => {
      const inputs = shapes.map((shape, i) => noise(shape, 20 + i)) as Inputs
      const y = formula(...inputs)
      const dy = noise(y.shape, 30)
      const expected = [y, ...tf.grads(formula as never)(inputs, dy)]
      expectClose([kernel(...inputs), ...tf.grads(kernel as never)(inputs, dy)], expected)
      return [...inputs, dy, ...expected].map(tensor => ({ values: tensor.dataSync(), shape: tensor.shape }))
    })
    await useTorchBackend({ device: 'cpu', library: library as string, dtype: 'bfloat16' })
    tf.tidy(() => {
      const all = numbers.map(({ values, shape }) => tf.tensor(values, shape))
      const [inputs, dy, expected] = [all.slice(0, 3) as Inputs, all[3] as tf.Tensor, all.slice(4)]
      expectClose([kernel(...inputs), ...tf.grads(kernel as never)(inputs, dy)], expected, narrowTolerance)
    })
    await useTorchBackend({ device: 'cpu', library: library as string })
  })

  it('what is attached to a result is deleted with it', () => {
    const [x, vector] = tf.tidy(() => [noise([1, 64, 64, 64], 50), noise([64], 51)]) as [tf.Tensor, tf.Tensor]
    const f = (image: tf.Tensor) => {
      const normal = run(
        'GroupNorm',
        { x: image, weight: vector, bias: vector },
        { groups: 8, epsilon: 1e-5, silu: true },
      )
      const tokens = tf.reshape(normal[0] as tf.Tensor, [16, 4, 64, 64])
      return run('Attention', { q: tokens, k: tokens, v: tokens })[0] as tf.Tensor
    }
    const repeat = (times: number) => {
      for (let i = 0; i < times; i++) tf.tidy(() => void tf.grad(f)(x))
    }
    repeat(20)
    const [tensors, resident] = [tf.memory().numTensors, process.memoryUsage().rss]
    repeat(150) // of 1 MB each
    expect(tf.memory().numTensors).toBe(tensors)
    expect(process.memoryUsage().rss - resident).toBeLessThan(80 * 2 ** 20)
    tf.dispose([x, vector])
  })

  it('channels that are not neighbours reach Attention', () => {
    tf.tidy(() => {
      const [q, k, v] = tf.unstack(noise([2, 1, 6, 8, 3], 40), 4) as Inputs
      expectClose([attention.kernel(q, k, v)], [attention.formula(q, k, v)])
    })
  })

  it('Adam and Lerp in place', () => {
    tf.tidy(() => {
      const moments = { firstMoment: noise([50], 9), secondMoment: tf.square(noise([50], 10)) }
      const rest = { gradient: noise([50], 8), ...moments }
      const options = { rate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, decoupled: false, step: 3 }
      const [parameters, average] = [noise([50], 7), noise([50], 12)]
      const expected = [
        ...run('Adam', { parameters, ...rest }, options),
        ...run('Lerp', { a: average, b: parameters }, { weight: 0.3 }),
      ]
      const lerped = run('Lerp', { a: average, b: parameters }, { weight: 0.3, inPlace: true })
      const actual = run('Adam', { parameters, ...rest }, { ...options, inPlace: true })
      expectClose([...actual, ...lerped], expected)
      expectClose([parameters, average], [expected[0], expected[3]] as tf.Tensor[])
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
