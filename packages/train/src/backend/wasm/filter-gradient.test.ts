import '@tensorflow/tfjs-backend-cpu'
import { registerGradients } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'
import { useBackend } from '../use-backend.ts'

interface Case {
  readonly size: [height: number, width: number]
  readonly kernel: [height: number, width: number]
  readonly strides: [number, number] | number
  readonly pad: 'same' | 'valid' | number
}

const cases: readonly Case[] = [
  { size: [5, 6], kernel: [3, 3], strides: 1, pad: 'same' },
  { size: [5, 6], kernel: [3, 3], strides: 1, pad: 'valid' },
  { size: [1, 1], kernel: [1, 1], strides: 1, pad: 'same' },
  { size: [6, 7], kernel: [2, 4], strides: 1, pad: 'same' },
  { size: [7, 8], kernel: [3, 3], strides: 2, pad: 'same' },
  { size: [7, 8], kernel: [3, 2], strides: [2, 3], pad: 'valid' },
  { size: [8, 8], kernel: [1, 1], strides: 3, pad: 'valid' },
  { size: [5, 5], kernel: [3, 3], strides: 2, pad: 2 },
]

const wave = (shape: number[], pace: number) => {
  const length = shape.reduce((product, side) => product * side, 1)
  return tf.tensor(
    Float32Array.from({ length }, (_, i) => Math.sin(pace * i)),
    shape,
  )
}

async function gradientOn(backend: 'cpu' | 'wasm', { size, kernel, strides, pad }: Case): Promise<number[]> {
  if (backend === 'wasm') await useBackend({ backend })
  else await tf.setBackend(backend)
  const before = tf.memory().numTensors
  const gradient = tf.tidy(() => {
    const [x, filter] = [wave([2, ...size, 3], 1.1) as tf.Tensor4D, wave([...kernel, 3, 2], 0.7) as tf.Tensor4D]
    return tf.grad(f => {
      const y = tf.conv2d(x, f as tf.Tensor4D, strides, pad)
      return tf.mul(y, wave(y.shape, 1.9))
    })(filter)
  })
  const numbers = [...(await gradient.data())]
  gradient.dispose()
  expect(tf.memory().numTensors).toBe(before)
  return numbers
}

beforeAll(registerGradients)

it.each(cases)('the gradient of a filter %o is that of the cpu backend', async options => {
  const expected = await gradientOn('cpu', options)
  const found = await gradientOn('wasm', options)
  expect(found.length).toBe(expected.length)
  expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.1)
  found.forEach((value, i) => void expect(value).toBeCloseTo(expected[i] as number, 4))
})
