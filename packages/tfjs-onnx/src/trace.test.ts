/** Traced models give, at any size of the free dimension, what tfjs itself gives. */

import * as tf from '@tensorflow/tfjs-core'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { beforeAll, describe, expect, it } from 'vitest'
import { difference, values } from './fixtures/testing.ts'
import { toFloat16 } from './graph/float16.ts'
import { trace } from './trace.ts'
import { useOnnxBackend } from './use-onnx-backend.ts'

beforeAll(async () => {
  await useOnnxBackend()
})

/** Runs model bytes with plain onnxruntime. */
async function run(
  model: Uint8Array,
  feeds: Record<string, tf.Tensor>,
): Promise<Record<string, { dims: number[]; data: number[] }>> {
  const session = await InferenceSession.create(model)
  const given = Object.entries(feeds).map(([name, x]) => [
    name,
    x.dtype === 'int32'
      ? new Tensor('int32', x.dataSync() as Int32Array, x.shape)
      : new Tensor('float32', x.dataSync() as Float32Array, x.shape),
  ])
  const results = await session.run(Object.fromEntries(given))
  const read = Object.entries(results).map(([name, { dims, data }]) => [
    name,
    { dims: [...dims], data: [...(data as Float32Array)] },
  ])
  return Object.fromEntries(read)
}

async function expectTraced(
  f: (...x: tf.Tensor[]) => tf.Tensor,
  specs: Record<string, (number | string)[]>,
  tolerance = 1e-5,
) {
  const model = trace(f, specs)
  for (const size of [1, 2, 5, 11]) {
    const inputs = Object.entries(specs).map(([name, dims], i) => [
      name,
      values(
        dims.map(dim => (typeof dim === 'string' ? size : dim)),
        i + 1,
      ),
    ]) as [string, tf.Tensor][]
    const expected = f(...inputs.map(([, x]) => x))
    const { output } = await run(model, Object.fromEntries(inputs))
    expect(output?.dims).toEqual(expected.shape)
    expect(difference([...expected.dataSync()], output?.data ?? [])).toBeLessThan(tolerance)
  }
}

describe('trace', () => {
  it('a dense network', async () => {
    const [w, b] = [values([4, 3]), values([3], 2)]
    await expectTraced(x => tf.tanh(tf.add(tf.matMul(x, w), b)), { x: ['N', 4] })
  })

  it('a convolution with its group normalisation and attention, as networks write them', async () => {
    const w = values([8, 3, 3, 3])
    const f = (x: tf.Tensor): tf.Tensor => {
      const [n, h, width] = x.shape as [number, number, number]
      const y = tf.conv2d(x as tf.Tensor4D, tf.transpose(w, [2, 3, 1, 0]) as tf.Tensor4D, 1, 'same')
      const grouped = tf.reshape(y, [n, h * width, 4, 2])
      const { mean, variance } = tf.moments(grouped, [1, 3], true)
      const normal = tf.mul(tf.sub(grouped, mean), tf.rsqrt(tf.add(variance, 1e-5)))
      const tokens = tf.reshape(normal, [n, h * width, 8])
      const scores = tf.softmax(tf.matMul(tokens, tokens, false, true))
      return tf.reshape(tf.matMul(scores, tokens), [n, h, width, 8])
    }
    await expectTraced(f, { x: ['N', 4, 4, 3] })
  })

  it('a broadcast over the batch, a fill and a concat', async () => {
    const f = (x: tf.Tensor, t: tf.Tensor): tf.Tensor => {
      const time = tf.tile(tf.reshape(t, [-1, 1]), [1, 4])
      return tf.concat([tf.add(x, time), tf.ones([x.shape[0] as number, 2]), tf.zeros([x.shape[0] as number, 70])], 1)
    }
    await expectTraced(f, { x: ['N', 4], t: ['N'] })
  })

  it('a size that is a multiple of the free one', async () => {
    await expectTraced(x => tf.sum(tf.reshape(tf.tile(x, [2, 1]), [-1, 2]), 1), { x: ['N', 4] })
  })

  it('several outputs, integer inputs and no free dimension', async () => {
    const model = trace((x, i) => ({ twice: tf.mul(x as tf.Tensor, 2), hot: tf.oneHot(i as tf.Tensor1D, 3) }), {
      x: [2, 2],
      i: { dims: [2], dtype: 'int32' },
    })
    const { twice, hot } = await run(model, {
      x: tf.tensor2d([
        [1, 2],
        [3, 4],
      ]),
      i: tf.tensor1d([2, 0], 'int32'),
    })
    expect(twice?.data).toEqual([2, 4, 6, 8])
    expect(hot?.data).toEqual([0, 0, 1, 1, 0, 0])
  })

  it('an output that is an input, and the same tensor twice', async () => {
    const model = trace(x => ({ same: x as tf.Tensor, a: tf.neg(x as tf.Tensor), b: tf.neg(x as tf.Tensor) }), {
      x: ['N'],
    })
    const { same, a, b } = await run(model, { x: tf.tensor1d([1, 2]) })
    expect([same?.data, a?.data, b?.data]).toEqual([
      [1, 2],
      [-1, -2],
      [-1, -2],
    ])
  })

  it('weights as float16 halve the file and keep three digits', async () => {
    const w = values([64, 64])
    const f = (x: tf.Tensor): tf.Tensor => tf.matMul(x, w)
    const [full, half] = [trace(f, { x: ['N', 64] }), trace(f, { x: ['N', 64] }, { weights: 'float16' })]
    expect(half.length).toBeLessThan(full.length * 0.55)
    const x = values([3, 64], 5)
    const [a, b] = [await run(full, { x }), await run(half, { x })]
    expect(difference(a.output?.data ?? [], b.output?.data ?? [])).toBeLessThan(1e-3)
  })

  it.each([{ dims: ['N', 32] }, { dims: [3, 32] }])('numbers made inside stay float32 at $dims', async ({ dims }) => {
    const w = values([32, 32])
    const frequencies = Array.from({ length: 32 }, (_, i) => 1000 / 1.3 ** i)
    const f = (x: tf.Tensor): tf.Tensor => tf.matMul(tf.sin(tf.mul(x, tf.tensor1d(frequencies))), w)
    const [full, half] = [trace(f, { x: dims }), trace(f, { x: dims }, { weights: 'float16' })]
    expect(half.length).toBeLessThan(full.length * 0.7)
    const x = values([3, 32], 5)
    const [a, b] = [await run(full, { x }), await run(half, { x })]
    expect(difference(a.output?.data ?? [], b.output?.data ?? [])).toBeLessThan(1e-3)
  })

  it('pools, depthwise convolutions, normalisation, resizing and einsum', async () => {
    const depthwise = values([3, 3, 3, 2], 2) as tf.Tensor4D
    const moments = [tf.abs(values([6], 3)), tf.abs(values([6], 4)), values([6], 5), values([6], 6)] as tf.Tensor1D[]
    await expectTraced(
      x => {
        const filtered = tf.depthwiseConv2d(x as tf.Tensor4D, depthwise, 1, 'same')
        const [mean, variance, offset, scale] = moments as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D]
        const normal = tf.batchNorm(filtered, mean, variance, offset, scale) as tf.Tensor4D
        const pooled = tf.add(tf.maxPool(normal, 3, 2, 'same'), tf.avgPool(normal, 2, 2, 'valid'))
        const resized = tf.image.resizeBilinear(pooled as tf.Tensor4D, [5, 7])
        const padded = tf.mirrorPad(
          resized,
          [
            [0, 0],
            [1, 2],
            [2, 1],
            [0, 0],
          ],
          'symmetric',
        )
        return tf.topk(tf.einsum('nhwc,nhkc->nwk', padded, padded), 3).values
      },
      { x: ['N', 6, 8, 3] },
    )
  })

  it('the gradient of a pool, as a graph of its own', async () => {
    const f = (x: tf.Tensor): tf.Tensor => tf.maxPool(tf.avgPool(x as tf.Tensor4D, 3, 1, 'same'), 2, 2, 'same')
    await expectTraced((x, dy) => tf.grad(f)(x, dy), { x: ['N', 5, 4, 2], dy: ['N', 3, 2, 2] })
  })

  it('refuses what one graph cannot say', () => {
    expect(() => trace(x => tf.tensor(x.dataSync()), { x: ['N'] })).toThrow(/TRACE_INVALID|reads the value/)
    expect(() => trace(x => tf.add(x, (tf.neg(x) as tf.Tensor).dataSync()[0] as number), { x: ['N'] })).toThrow(
      /reads the value/,
    )
    expect(() => trace(x => tf.mul(x, 1 / (x.shape[0] as number)), { x: ['N'] })).toThrow(/depends on "N"/)
    expect(() => trace(x => (x.shape[0] === 11 ? tf.neg(x) : tf.neg(tf.neg(x))), { x: ['N'] })).toThrow(
      /depends on "N"/,
    )
    expect(() => trace((x, y) => tf.add(x as tf.Tensor, y as tf.Tensor), { x: ['N'], y: ['M'] })).toThrow(
      /only one free dimension/,
    )
    const left = tf.memory().numTensors
    expect(() => trace(x => tf.tensor(tf.neg(x).dataSync()), { x: ['N'] })).toThrow()
    expect(tf.memory().numTensors).toBe(left)
  })
})

describe('float16', () => {
  it('rounds to nearest, ties to even, at every boundary', () => {
    const cases: [number, number][] = [
      [0, 0],
      [-0, 0x8000],
      [1, 0x3c00],
      [-2, 0xc000],
      [65504, 0x7bff],
      [65519.99, 0x7bff],
      [65520, 0x7c00],
      [Number.POSITIVE_INFINITY, 0x7c00],
      [2 ** -14, 0x0400],
      [2 ** -24, 0x0001],
      [2 ** -25, 0x0000],
      [2 ** -25 * 1.0001, 0x0001],
      [2 ** -24 * 1.5, 0x0002],
      [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02],
    ]
    for (const [value, expected] of cases) expect(toFloat16(Float32Array.of(value))[0]).toBe(expected)
    expect((toFloat16(Float32Array.of(Number.NaN))[0] as number) & 0x7fff).toBeGreaterThan(0x7c00)
  })
})
