/** Vectors at the border of a graph in parts: what is taken apart, what is not, and that the numbers are the same. */

import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { OnnxBackend } from '../backend.ts'
import { compile } from '../compile.ts'
import { values } from '../fixtures/testing.ts'
import { useOnnxBackend } from '../use-onnx-backend.ts'

beforeAll(async () => {
  await useOnnxBackend({ threads: 1 })
})

type Inputs = Readonly<Record<'v' | 'x', tf.Tensor>>
type F = (inputs: Inputs) => Record<string, tf.Tensor>

const split = (v: tf.Tensor): tf.Tensor[] => tf.split(v, [6, 1, 5])

/** With how many nodes their graphs have. */
const functions: Readonly<Record<string, { readonly f: F; readonly nodes: number }>> = {
  'taken apart and put together': {
    f: ({ v, x }) => {
      const [a, b, c] = split(v) as [tf.Tensor, tf.Tensor, tf.Tensor]
      const product = tf.matMul(tf.reshape(a, [3, 2]), x as tf.Tensor2D)
      return { joined: tf.concat([tf.reshape(product, [6]), tf.neg(b), tf.sqrt(tf.abs(c))]), single: tf.sum(product) }
    },
    nodes: 6, // Reshape, MatMul, Neg, Abs, Sqrt, ReduceSum
  },
  'an input that is also used whole': {
    f: ({ v }) => ({ sum: tf.add(tf.concat(split(v).map(part => tf.neg(part))), v) }),
    nodes: 6, // Split, three of Neg, Concat, Add
  },
  'a part that is there twice': {
    f: ({ v }) => {
      const part = tf.neg(split(v)[0] as tf.Tensor)
      return { twice: tf.concat([part, part]) }
    },
    nodes: 2, // Neg, Concat
  },
  'a part that is an input': {
    f: ({ v, x }) => ({ joined: tf.concat([tf.neg(v), tf.reshape(x, [-1])]) }),
    nodes: 2, // Neg, Concat
  },
  'the same parts in two results': {
    f: ({ v }) => {
      const [a, b] = split(v).map(part => tf.square(part)) as [tf.Tensor, tf.Tensor]
      return { one: tf.concat([a, b]), other: tf.concat([b, a]) }
    },
    nodes: 3, // two of Mul, Concat for the other
  },
}

describe('vectors at the border of a compiled function', () => {
  it.each(Object.keys(functions))('%s', name => {
    const { f, nodes } = functions[name] as (typeof functions)[string]
    const compiled = compile(f)
    for (const turn of [1, 2, 3]) {
      const inputs = { v: values([12], turn), x: values([2, 2], turn + 3) }
      const [expected, got] = [f(inputs), compiled(inputs)]
      expect((tf.backend() as OnnxBackend).executor.statistics.lastNodes).toBe(nodes)
      for (const key of Object.keys(expected)) {
        expect(got[key]?.shape).toEqual(expected[key]?.shape)
        expect([...(got[key] as tf.Tensor).dataSync()]).toEqual([...(expected[key] as tf.Tensor).dataSync()])
      }
      tf.dispose(got)
    }
  })

  it('gives gradients of a vector that are averaged over shards of a batch', () => {
    const f = ({ v, x }: Inputs) => {
      const loss = (vector: tf.Tensor) => {
        const [a, b, c] = split(vector) as [tf.Tensor, tf.Tensor, tf.Tensor]
        const y = tf.matMul(x as tf.Tensor2D, tf.reshape(a, [2, 3]))
        return tf.add(tf.mean(tf.square(y)), tf.add(tf.mul(tf.sum(c), tf.mean(x)), tf.sum(tf.square(b)))) as tf.Scalar
      }
      return { gradient: tf.grad(loss)(v) }
    }
    const inputs = { v: values([12]), x: values([4, 2], 2) }
    const [whole, shared] = [compile(f), compile(f, { batch: ['x'], minShardSize: 1 })]
    const [expected, got] = [whole(inputs).gradient.dataSync(), shared(inputs).gradient.dataSync()]
    expected.forEach((value, i) => void expect(got[i]).toBeCloseTo(value, 5))
    whole.dispose()
    shared.dispose()
  })
})
