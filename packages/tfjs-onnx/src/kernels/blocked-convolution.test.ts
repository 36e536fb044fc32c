/** Convolutions in blocks of channels, and both gradients, against tfjs's cpu backend: values, and that blocks were used. */

import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { difference, onBoth, values } from '../fixtures/testing.ts'
import { trace } from '../trace.ts'
import { useOnnxBackend } from '../use-onnx-backend.ts'

interface Case {
  readonly batch: number
  readonly height: number
  readonly width: number
  readonly from: number
  readonly to: number
  readonly filter: readonly [number, number]
  readonly strides: number
  readonly pad: 'same' | 'valid' | [[0, 0], [number, number], [number, number], [0, 0]]
}

const plain = { from: 16, to: 32, filter: [3, 3], strides: 1, pad: 'same' } as const

const cases: Readonly<Record<string, Case>> = {
  'as many images as a block has channels': { ...plain, batch: 16, height: 4, width: 5 },
  'twice as many, in strips': { ...plain, batch: 32, height: 8, width: 20 },
  'half as many, in strips': { ...plain, batch: 8, height: 6, width: 5 },
  'a number that shares only 4 with the block': { ...plain, batch: 12, height: 8, width: 3 },
  'one image': { ...plain, batch: 1, height: 16, width: 16 },
  'images that cannot be cut': { ...plain, batch: 5, height: 7, width: 7 },
  'a wide filter': { ...plain, batch: 16, height: 5, width: 6, filter: [1, 5] },
  'a high filter, no padding': { ...plain, batch: 16, height: 9, width: 3, filter: [4, 2], pad: 'valid' },
  'padding by hand, more at the end': {
    ...plain,
    batch: 16,
    height: 4,
    width: 4,
    pad: [
      [0, 0],
      [0, 2],
      [1, 2],
      [0, 0],
    ],
  },
  'more padding than the filter reaches': {
    ...plain,
    batch: 16,
    height: 4,
    width: 4,
    filter: [2, 2],
    pad: [
      [0, 0],
      [2, 2],
      [3, 2],
      [0, 0],
    ],
  },
  'stride 2': { ...plain, batch: 16, height: 8, width: 7, strides: 2 },
  'stride 2, in strips': { ...plain, batch: 4, height: 16, width: 8, strides: 2, pad: 'valid', filter: [2, 3] },
  'many channels': { ...plain, batch: 16, height: 4, width: 4, from: 48, to: 80 },
}

const build = ({ batch, height, width, from, to, filter, strides, pad }: Case) => {
  const x = values([batch, height, width, from], 1) as tf.Tensor4D
  const w = tf.mul(values([...filter, from, to], 2), 0.2) as tf.Tensor4D
  const f = (...given: tf.Tensor[]) =>
    tf.conv2d(given[0] as tf.Tensor4D, given[1] as tf.Tensor4D, strides, pad as 'same')
  const y = f(x, w)
  return [y, ...tf.grads(f)([x, w], values(y.shape, 3))]
}

describe('convolutions in blocks of channels', () => {
  it.each(Object.entries(cases))('%s', async (_, given) => {
    const { cpu, onnx } = await onBoth(() => build(given))
    onnx.forEach((got, i) => {
      const expected = cpu[i]
      expect(got.shape).toEqual(expected?.shape)
      expect(difference(expected?.values ?? [], got.values)).toBeLessThan(1e-5)
    })
  })

  it('a model to keep has none of them', async () => {
    await useOnnxBackend()
    const w = values([3, 3, 16, 16]) as tf.Tensor4D
    const model = trace(x => tf.conv2d(x as tf.Tensor4D, w, 1, 'same'), { x: ['N', 16, 16, 16] })
    expect(new TextDecoder('latin1').decode(model)).not.toContain('nchwc')
  })
})
