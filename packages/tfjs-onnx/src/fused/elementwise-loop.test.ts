/** Loops against the same operators one by one in ONNX Runtime, bit for bit; operators that no loop supports are recognised. */

import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { OnnxBackend } from '../backend.ts'
import { compile } from '../compile.ts'
import { compileElementwise } from '../compile-elementwise.ts'
import { values } from '../fixtures/testing.ts'
import { useOnnxBackend } from '../use-onnx-backend.ts'

beforeAll(async () => {
  await useOnnxBackend({ threads: 1 })
})

type Inputs = Readonly<Record<'a' | 'b' | 'scale', tf.Tensor>>
type F = (inputs: Inputs) => Record<string, tf.Tensor>

const runs = (): number => (tf.backend() as OnnxBackend).executor.statistics.runs

/** Results of the loop and of the graph, and whether the runtime was asked for the former. */
function both(f: F, inputs: Inputs): { loop: Uint8Array[]; graph: Uint8Array[]; asked: boolean } {
  const bytes = (results: Record<string, tf.Tensor>) =>
    Object.values(results).map(tensor => new Uint8Array((tensor.dataSync() as Float32Array).slice().buffer))
  for (const tensor of Object.values(inputs)) tensor.dataSync()
  const before = runs()
  const compiled = compileElementwise<Inputs, Record<string, tf.Tensor>>(f, ['a', 'b'])
  const results = compiled(inputs)
  const asked = runs() > before
  return { loop: bytes(results), graph: bytes(compile<Inputs, Record<string, tf.Tensor>>(f)(inputs)), asked }
}

const some = (length: number): Inputs => ({ a: values([length]), b: values([length], 2), scale: tf.scalar(0.3) })

describe('element-wise functions as one loop', () => {
  const functions: Readonly<Record<string, F>> = {
    'all operators': ({ a, b, scale }) => ({
      sum: tf.add(tf.neg(a), b),
      difference: tf.sub(a, tf.mul(b, scale)),
      quotient: tf.div(a, tf.add(tf.abs(b), 1)),
      root: tf.sqrt(tf.abs(tf.mul(a, b))),
      least: tf.minimum(a, b),
      most: tf.maximum(a, scale),
    }),
    'single numbers before the loop': ({ a, scale }) => ({ sum: tf.add(a, tf.sqrt(tf.sub(1, tf.mul(scale, scale)))) }),
    'one vector of two': ({ b }) => ({ twice: tf.mul(b, 2) }),
    'a number that the function closes over': ({ a }) => ({ more: tf.add(a, outside) }),
  }
  const outside = tf.tidy(() => tf.scalar(0.7))
  it.each(Object.keys(functions))('%s', name => {
    for (const length of [1, 3, 4, 5, 1000, 2 ** 14, 2 ** 14 + 1, 40_001]) {
      const { loop, graph, asked } = both(functions[name] as F, some(length))
      expect(asked, `${length}`).toBe(false)
      loop.forEach((bytes, i) => void expect(Buffer.compare(bytes, graph[i] as Uint8Array), `${length}`).toBe(0))
    }
  })

  it('numbers that are none', () => {
    const odd = tf.tensor1d([Number.NaN, Infinity, -Infinity, 0, -0, 1e-42, 3e38])
    const f: F = ({ a, b }) => ({
      sum: tf.add(a, b),
      product: tf.mul(a, b),
      quotient: tf.div(a, b),
      root: tf.sqrt(a),
      magnitude: tf.abs(a),
    })
    const compiled = compileElementwise<Inputs, Record<string, tf.Tensor>>(f, ['a', 'b'])
    const inputs = { a: odd, b: tf.reverse(odd), scale: tf.scalar(1) }
    const [loop, expected] = [compiled(inputs), f(inputs)]
    for (const name of Object.keys(expected)) {
      expect([...(loop[name] as tf.Tensor).dataSync()]).toEqual([...(expected[name] as tf.Tensor).dataSync()])
    }
  })

  it.each<[string, F]>([
    ['an operator that a loop has not', ({ a }) => ({ power: tf.exp(a) })],
    ['a comparison', ({ a, b }) => ({ larger: tf.where(tf.greater(a, b), a, b) })],
  ])('%s is left to the runtime', (_, f) => {
    const { loop, graph, asked } = both(f, some(99))
    expect(asked).toBe(true)
    loop.forEach((bytes, i) => void expect(Buffer.compare(bytes, graph[i] as Uint8Array)).toBe(0))
  })
})
