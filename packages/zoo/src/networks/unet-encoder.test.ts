import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { apart, freshTensors, largest, movedTensors, networkContext, random, unetOptions } from './fixtures/testing.ts'
import { unetEncoder } from './unet.ts'
import type { NetworkContext } from './unet-options.ts'

beforeAll(async () => {
  await useOnnxBackend({ threads: 1 })
})

const image = { channels: 3, height: 4, width: 6 }
const encoder = (changes: Partial<NetworkContext> = {}) =>
  unetEncoder(
    unetOptions({ patchSize: 2, channels: [8], attention: [] }),
    networkContext({ image, classes: 5, ...changes }),
  )

const kappas = {
  image: () => random([2, 4, 6, 3]),
  noise: () => random([2, 4, 6, 3]),
  'image+noise': () => random([2, 4, 6, 6]),
  label: () => tf.tensor1d([4, 0], 'int32'),
} as const satisfies Record<NetworkContext['kappa'], () => tf.Tensor>

const channelsOf = { off: 3, mean: 3, 'mean-variance': 6 } as const satisfies Record<NetworkContext['gaussian'], number>

describe.each(Object.entries(kappas) as [NetworkContext['kappa'], () => tf.Tensor][])('κ = %s', (kappa, make) => {
  it.each(Object.entries(channelsOf) as [NetworkContext['gaussian'], number][])(
    'gaussian %s gives images of %i channels, zero at the start of training',
    (gaussian, channels) => {
      const { parameters, apply } = encoder({ kappa, gaussian })
      const start = apply(freshTensors(parameters), make())
      expect(start.shape).toEqual([2, 4, 6, channels])
      expect(largest(start)).toBe(0)
      expect(largest(apply(movedTensors(parameters), make()))).toBeGreaterThan(0.1)
    },
  )

  it('each image of a batch is encoded by itself', () => {
    const { parameters, apply } = encoder({ kappa })
    const moved = movedTensors(parameters)
    const signal = make()
    const both = apply(moved, signal)
    expect(apart(tf.slice(both, 0, 1), tf.slice(both, 1, 1))).toBeGreaterThan(0.1)
    for (const i of [0, 1]) expect(apart(apply(moved, tf.slice(signal, i, 1)), tf.slice(both, i, 1))).toBeLessThan(1e-5)
  })
})

it('κ = label is κ = image with a row of the table, channels first, as the image', () => {
  const [byLabel, byImage] = [encoder({ kappa: 'label' }), encoder({ kappa: 'image' })]
  const [table, ...rest] = byLabel.parameters
  expect(table).toMatchObject({ name: 'class_embedding.weight', shape: [5, 72] })
  expect(rest).toEqual(byImage.parameters)
  const moved = movedTensors(byLabel.parameters)
  const rows = tf.gather(moved['class_embedding.weight'] as tf.Tensor2D, tf.tensor1d([4, 0], 'int32'))
  const images = tf.transpose(tf.reshape(rows, [2, 3, 4, 6]), [0, 2, 3, 1])
  expect(apart(byLabel.apply(moved, tf.tensor1d([4, 0], 'int32')), byImage.apply(moved, images))).toBeLessThan(1e-6)
})

it('has no parameters for the time or w', () => {
  const names = encoder({ kappa: 'image', conditionOnWeight: true }).parameters.map(({ name }) => name)
  expect(names.filter(name => /time|affine|^weight|label/.test(name))).toEqual([])
})
