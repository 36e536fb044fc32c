/** Compiled functions give what the plain ones give, for each shape, and leave no memory behind. */

import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { OnnxBackend } from './backend.ts'
import { compile } from './compile.ts'
import { difference, values } from './fixtures/testing.ts'
import { backendName, useOnnxBackend } from './use-onnx-backend.ts'

let backend: OnnxBackend
beforeAll(async () => {
  backend = await useOnnxBackend()
})

const read = (x: tf.Tensor): number[] => [...x.dataSync()]

describe('compile', () => {
  it('replays a train step: same numbers as without, one graph, no tensor left', () => {
    const x = values([8, 3], 1)
    const y = values([8, 1], 2)
    const loss = (w: tf.Tensor): tf.Scalar => tf.mean(tf.squaredDifference(tf.matMul(x, w), y))
    const step = ({ w, rate }: { w: tf.Tensor; rate: tf.Tensor }) => {
      const { value, grad } = tf.valueAndGrad(loss as (w: tf.Tensor) => tf.Tensor)(w)
      return { w: tf.sub(w, tf.mul(grad, rate)) as tf.Tensor, loss: value }
    }
    const train = (one: (inputs: { w: tf.Tensor; rate: tf.Tensor }) => { w: tf.Tensor; loss: tf.Tensor }): number[] => {
      let w = values([3, 1], 3)
      const losses = Array.from({ length: 20 }, (_, i) => {
        const rate = tf.scalar(0.1 / (1 + i))
        const next = one({ w, rate })
        const [value] = read(next.loss)
        tf.dispose([w, rate, next.loss])
        w = next.w
        return value as number
      })
      const result = [...losses, ...read(w)]
      w.dispose()
      return result
    }
    const plain = train(inputs => tf.tidy(() => step(inputs)))
    const compiled = compile(step)
    const before = { tensors: tf.memory().numTensors, builds: backend.statistics.builds }
    const fast = train(compiled)
    expect(difference(plain, fast)).toBeLessThan(1e-6)
    expect(backend.statistics.builds).toBe(before.builds + 1)
    expect(tf.memory().numTensors).toBe(before.tensors)
    compiled.dispose()
  })

  it('has a graph per shape, takes pending and transposed inputs, and may return an input', () => {
    const f = compile(({ x }: { x: tf.Tensor }) => ({
      sum: tf.sum(x, 0) as tf.Tensor,
      same: x,
      twice: tf.mul(x, 2) as tf.Tensor,
    }))
    for (const shape of [
      [2, 3],
      [4, 3],
      [2, 3],
    ]) {
      const x = tf.transpose(tf.mul(values([shape[1] as number, shape[0] as number]), 3))
      const { sum, same, twice } = f({ x })
      expect(difference(read(tf.sum(x, 0)), read(sum))).toBeLessThan(1e-6)
      expect(read(same)).toEqual(read(x))
      expect(difference(read(tf.mul(x, 2)), read(twice))).toBeLessThan(1e-6)
    }
    f.dispose()
  })

  it('keeps the tensors that it closes over as they were', () => {
    const bias = tf.tensor1d([1, 2])
    const f = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.add(x, bias) as tf.Tensor }))
    expect(read(f({ x: tf.tensor1d([0, 0]) }).y)).toEqual([1, 2])
    bias.dispose()
    for (let i = 0; i < 3; i++) values([4096], i).dispose()
    expect(read(f({ x: tf.tensor1d([1, 1]) }).y)).toEqual([2, 3])
    f.dispose()
  })

  it('records functions longer than what runs by itself, however often', () => {
    for (let round = 0; round < 3; round++) {
      const f = compile(({ x }: { x: tf.Tensor }) => {
        let y = x
        for (let i = 0; i < 12_000; i++) y = tf.neg(y)
        return { y }
      })
      expect(read(f({ x: tf.tensor1d([round]) }).y)).toEqual([round])
      f.dispose()
    }
  }, 120_000)

  it('runs shards of a batch in parallel: the mean of their results is the result of the whole batch', async () => {
    await tf.setBackend('cpu')
    tf.removeBackend(backendName)
    backend = await useOnnxBackend({ threads: 3 })
    const f = ({ w, x, label }: { w: tf.Tensor; x: tf.Tensor; label: tf.Tensor }) => {
      const loss = (v: tf.Tensor): tf.Tensor => {
        const hot = tf.oneHot(label as tf.Tensor1D, 5)
        return tf.mean(tf.squaredDifference(tf.matMul(x, v), hot))
      }
      const { value, grad } = tf.valueAndGrad(loss)(w)
      return { value, grad }
    }
    const shared = compile(f, { batch: ['x', 'label'], minShardSize: 2 })
    // 12 images: three shards of 4; 10: two of 5; 7: one of 7
    for (const n of [12, 10, 7]) {
      for (let turn = 0; turn < 3; turn++) {
        const [w, x] = [values([6, 5], turn), values([n, 6], turn + 10)]
        const label = tf.tensor1d(
          Array.from({ length: n }, (_, i) => (i * 3 + turn) % 5),
          'int32',
        )
        const whole = tf.tidy(() => f({ w, x, label }))
        const parts = shared({ w, x, label })
        expect(difference(read(whole.value), read(parts.value))).toBeLessThan(1e-6)
        expect(difference(read(whole.grad), read(parts.grad))).toBeLessThan(1e-6)
      }
    }
    shared.dispose()
  })

  it('a shard that fails on its thread fails the call, and the next call works', () => {
    const f = compile(
      ({ table, index }: { table: tf.Tensor; index: tf.Tensor }) => ({
        y: tf.mean(tf.gather(table, index as tf.Tensor1D)) as tf.Tensor,
      }),
      { batch: ['index'], minShardSize: 1 },
    )
    const table = tf.tensor1d([1, 2, 3, 4])
    const run = (...index: number[]) => read(f({ table, index: tf.tensor1d(index, 'int32') }).y)
    expect(run(0, 1, 3)).toEqual([expect.closeTo(7 / 3, 5)])
    expect(() => run(0, 1, 9)).toThrow(/RUNTIME_FAILED|shard of the batch/)
    expect(() => run(9, 1, 0)).toThrow(/out of data bounds/)
    expect(run(3, 3, 3)).toEqual([4])
    f.dispose()
  })

  it('refuses a function that reads', () => {
    const f = compile(({ x }: { x: tf.Tensor }) => ({
      y: tf.scalar((tf.neg(x).dataSync()[0] as number) + 1) as tf.Tensor,
    }))
    expect(() => f({ x: tf.scalar(1) })).toThrow(/reads the value/)
  })

  it('simply calls the function on another backend', async () => {
    await tf.setBackend('cpu')
    const f = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.mul(x, 2) as tf.Tensor }))
    expect(read(f({ x: tf.tensor1d([1, 2]) }).y)).toEqual([2, 4])
    await useOnnxBackend()
  })
})

describe('the backend', () => {
  it('computes with the numbers that an array had when the tensor was made', () => {
    const array = Float32Array.from({ length: 100 }, (_, i) => i)
    const doubled = tf.mul(tf.tensor1d(array), 2)
    array.fill(-1)
    expect(doubled.dataSync()[99]).toBe(198)
  })

  it('holds memory steady over many steps', () => {
    let w: tf.Tensor = tf.zeros([2048])
    const left = tf.memory().numTensors
    for (let i = 0; i < 50; i++) {
      const next = tf.tidy(() => tf.add(tf.mul(w, 0.5), tf.range(0, 2048)) as tf.Tensor)
      next.dataSync()
      w.dispose()
      w = next
    }
    expect(tf.memory().numTensors).toBe(left)
    expect(w.dataSync()[1000]).toBeCloseTo(2000, 0)
  })

  it('runs what is pending when a recording grows too long', () => {
    let x: tf.Tensor = tf.tensor1d([1])
    const runs = backend.statistics.runs
    for (let i = 0; i < 20_010; i++) {
      const next = tf.add(x, 1)
      x.dispose()
      x = next
    }
    expect(backend.statistics.runs).toBeGreaterThan(runs)
    expect(x.dataSync()[0]).toBe(20_011)
  }, 120_000)
})
