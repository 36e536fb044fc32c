import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { apart, freshTensors, movedTensors, random } from './fixtures/testing.ts'
import { attention, conv, downsample, linear, patchify, sinusoids, unpatchify, upsample } from './layers.ts'

beforeAll(async () => {
  await useOnnxBackend({ threads: 1 })
})

type Nested = number[][][][]

describe('conv', () => {
  it.each([1, 3] as const)('kernel %s: the sum over the filter, weights OIHW, zeros beyond the edge', kernel => {
    const [from, to, height, width] = [2, 3, 4, 5]
    const layer = conv('c', { from, to, kernel })
    const parameters = movedTensors(layer.parameters)
    const image = random([1, height, width, from], 5) as tf.Tensor4D
    const x = image.arraySync() as Nested
    const weight = parameters['c.weight']?.arraySync() as Nested
    const bias = parameters['c.bias']?.arraySync() as number[]
    const half = (kernel - 1) / 2
    const at = (row: number, column: number, channel: number): number => {
      let sum = bias[channel] as number
      for (let i = 0; i < kernel; i++)
        for (let j = 0; j < kernel; j++)
          for (let k = 0; k < from; k++)
            sum += (x[0]?.[row + i - half]?.[column + j - half]?.[k] ?? 0) * (weight[channel]?.[k]?.[i]?.[j] as number)
      return sum
    }
    const expected = Array.from({ length: height * width * to }, (_, i) =>
      at(Math.floor(i / to / width), Math.floor(i / to) % width, i % to),
    )
    expect(apart(layer.apply(parameters, image), tf.tensor(expected, [1, height, width, to]))).toBeLessThan(1e-5)
  })

  it('starts with weights and biases within 1/√fan-in, as in PyTorch', () => {
    for (const { initial } of conv('c', { from: 4, to: 8, kernel: 3 }).parameters) {
      expect(initial).toEqual({ kind: 'uniform', bound: 1 / 6 })
    }
  })
})

it('linear: x Wᵀ + b', () => {
  const layer = linear('l', { from: 3, to: 2 })
  const parameters = {
    'l.weight': tf.tensor2d([
      [1, 2, 3],
      [4, 5, 6],
    ]),
    'l.bias': tf.tensor1d([10, 20]),
  }
  expect(
    layer
      .apply(
        parameters,
        tf.tensor2d([
          [1, 0, -1],
          [0, 1, 0],
        ]),
      )
      .arraySync(),
  ).toEqual([
    [8, 18],
    [12, 25],
  ])
})

describe('attention', () => {
  const options = { channels: 8, groups: 2, epsilon: 1e-5, headChannels: 4 }
  const layer = attention('a', options)

  it('does nothing at the start of training', () => {
    const x = random([2, 3, 2, 8]) as tf.Tensor4D
    expect(apart(layer.apply(freshTensors(layer.parameters), x), x)).toBe(0)
  })

  it('is the same function of pixels in any order: moved pixels move the result, and nothing else', () => {
    const parameters = movedTensors(layer.parameters)
    const x = random([2, 3, 4, 8], 7) as tf.Tensor4D
    const order = tf.tensor1d([5, 0, 11, 3, 7, 1, 10, 2, 9, 4, 8, 6], 'int32')
    const move = (image: tf.Tensor): tf.Tensor4D =>
      tf.reshape(tf.gather(tf.reshape(image, [2, 12, 8]), order, 1), [2, 3, 4, 8])
    const y = layer.apply(parameters, x)
    expect(apart(layer.apply(parameters, move(x)), move(y))).toBeLessThan(1e-5)
    expect(apart(y, move(y))).toBeGreaterThan(0.1)
  })

  it('is softmax(Q Kᵀ / √d) V for each head', () => {
    const parameters = movedTensors(layer.parameters)
    const x = random([1, 2, 2, 8], 4) as tf.Tensor4D
    const norm = tf.reshape(x, [1, 4, 2, 4])
    const { mean, variance } = tf.moments(norm, [1, 3], true)
    const normal = tf.reshape(tf.div(tf.sub(norm, mean), tf.sqrt(tf.add(variance, 1e-5))), [4, 8])
    const scaled = tf.add(
      tf.mul(normal, parameters['a.norm.weight'] as tf.Tensor),
      parameters['a.norm.bias'] as tf.Tensor,
    )
    const project = (input: tf.Tensor, name: string): tf.Tensor2D => {
      const weight = parameters[`${name}.weight`] as tf.Tensor
      const matrix = tf.reshape(weight, [weight.shape[0] as number, 8]) as tf.Tensor2D
      return tf.add(tf.matMul(input as tf.Tensor2D, matrix, false, true), parameters[`${name}.bias`] as tf.Tensor)
    }
    const [q, k, v] = tf.split(project(scaled, 'a.qkv'), 3, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]
    const heads = [0, 4].map(start => {
      const [own, other, value] = [q, k, v].map(part => tf.slice(part, [0, start], [4, 4])) as [
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
      ]
      return tf.matMul(tf.softmax(tf.div(tf.matMul(own, other, false, true), 2)) as tf.Tensor2D, value)
    })
    const expected = tf.add(x, tf.reshape(project(tf.concat(heads, 1), 'a.proj'), [1, 2, 2, 8]))
    expect(apart(layer.apply(parameters, x), expected)).toBeLessThan(1e-5)
  })
})

describe('sinusoids', () => {
  it('are sines, then cosines, of frequencies from 1000 down to 0.1', () => {
    const t = 0.37
    const angles = [1000, 1000 / 10 ** (4 / 3), 1000 / 10 ** (8 / 3), 0.1].map(frequency => frequency * t)
    const embedded = sinusoids(tf.tensor1d([t]), 8).dataSync()
    angles.forEach((angle, i) => {
      expect(embedded[i]).toBeCloseTo(Math.sin(angle), 3)
      expect(embedded[i + 4]).toBeCloseTo(Math.cos(angle), 3)
    })
  })

  it('distinguish times that differ by a thousandth', () => {
    const t = Array.from({ length: 1001 }, (_, i) => i / 1000)
    const embedded = sinusoids(tf.tensor1d(t), 32)
    const steps = tf.sub(tf.slice(embedded, [1, 0], [1000, 32]), tf.slice(embedded, [0, 0], [1000, 32]))
    expect(tf.min(tf.norm(steps, 'euclidean', 1)).dataSync()[0]).toBeGreaterThan(0.5)
  })
})

describe('patchify', () => {
  it.each([1, 2, 4])('size %s: unpatchify undoes it', size => {
    const x = random([2, 4, 12, 3]) as tf.Tensor4D
    const patches = patchify(x, size)
    expect(patches.shape).toEqual([2, 4 / size, 12 / size, 3 * size * size])
    expect(apart(unpatchify(patches, size), x)).toBe(0)
  })

  it('a patch holds the pixels of its square, row by row, each with its channels', () => {
    const x = random([1, 4, 6, 3], 8) as tf.Tensor4D
    const square = tf.reshape(tf.slice(x, [0, 2, 4, 0], [1, 2, 2, 3]), [12])
    expect(apart(tf.reshape(tf.slice(patchify(x, 2), [0, 1, 2, 0], [1, 1, 1, 12]), [12]), square)).toBe(0)
  })
})

it('upsample repeats pixels, downsample takes means: the second undoes the first', () => {
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 2, 3, 1])
  const big = upsample(x)
  expect([...big.dataSync()]).toEqual([1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 4, 4, 5, 5, 6, 6])
  expect(apart(downsample(big), x)).toBe(0)
  expect([...downsample(tf.tensor4d([1, 2, 3, 6], [1, 2, 2, 1])).dataSync()]).toEqual([3])
})
