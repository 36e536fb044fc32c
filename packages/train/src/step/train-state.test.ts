/** The order of the numbers in the vector is a matter of the backend: names, shapes and values of the parameters are the same. */

import { useOnnxBackend } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { ParameterVector } from './train-state.ts'

it('filters with channels last are the same by name', async () => {
  await useOnnxBackend({ threads: 1 })
  const initial = { kind: 'uniform', bound: 1 } as const
  const specs = [
    { name: 'bias', shape: [3], initial },
    { name: 'filter', shape: [2, 4, 3, 3], initial },
    { name: 'point', shape: [2, 4, 1, 1], initial },
  ]
  const [first, last] = [false, true].map(channelsLast => new ParameterVector(specs, { channelsLast })) as [
    ParameterVector,
    ParameterVector,
  ]
  const [a, b] = [first.initial(7), last.initial(7)]
  expect(b).not.toEqual(a)
  expect(last.named(b)).toEqual(first.named(a))
  const parts = last.split(tf.tensor1d(b))
  for (const [name, { shape, data }] of first.named(a)) {
    expect(parts[name]?.shape).toEqual(shape)
    expect(parts[name]?.dataSync()).toEqual(data)
  }
})
