/** An opened model gives what the traced function gives, and says what is wrong with bytes or feeds. */

import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { openModel } from './open-model.ts'
import { trace } from './trace.ts'
import { useOnnxBackend } from './use-onnx-backend.ts'

beforeAll(async () => {
  await useOnnxBackend()
})

const scaled = () => {
  const weights = tf.tensor1d([2, -3])
  return trace(
    (x, i) => ({
      y: tf.mul(x as tf.Tensor, weights),
      hot: tf.oneHot(i as tf.Tensor1D, 2),
      is: tf.equal(i as tf.Tensor, 1),
    }),
    {
      x: ['N', 2],
      i: { dims: ['N'], dtype: 'int32' },
    },
  )
}
const feeds = {
  x: { type: 'float32', dims: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  i: { type: 'int32', dims: [3], data: Int32Array.of(1, 0, 1) },
} as const

describe('openModel', () => {
  it('runs at a batch size that was not traced, and knows its ports', async () => {
    const model = await openModel(scaled(), { threads: 1 })
    expect(model.inputs).toEqual([
      { name: 'x', type: 'float32', dims: ['N', 2] },
      { name: 'i', type: 'int32', dims: ['N'] },
    ])
    expect(model.outputs.map(({ name, type }) => [name, type])).toEqual([
      ['y', 'float32'],
      ['hot', 'int32'],
      ['is', 'bool'],
    ])
    expect(await model.run(feeds)).toEqual({
      y: { type: 'float32', dims: [3, 2], data: Float32Array.of(2, -6, 6, -12, 10, -18) },
      hot: { type: 'int32', dims: [3, 2], data: Int32Array.of(0, 1, 1, 0, 0, 1) },
      is: { type: 'bool', dims: [3], data: Uint8Array.of(1, 0, 1) },
    })
    await model.dispose()
    await model.dispose()
  })

  it('refuses bytes that are no model', async () => {
    const bytes = scaled()
    for (const bad of [new Uint8Array(), bytes.subarray(0, bytes.length / 2), bytes.map(byte => byte ^ 0xff)]) {
      await expect(openModel(bad)).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
    }
  })

  it('refuses feeds that do not fit', async () => {
    const model = await openModel(scaled())
    const { x, i } = feeds
    for (const bad of [{ x }, { x, i: { ...i, dims: [2] } }, { x: { ...x, dims: [2, 3] }, i }, { x, i: x }]) {
      await expect(model.run(bad)).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
    }
    await model.dispose()
    await expect(model.run(feeds)).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
  })
})
