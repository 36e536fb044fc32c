import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { values } from '../fixtures/testing.ts'
import { onnxruntimeOn } from '../runtime/onnxruntime-node.ts'
import { useOnnxBackend } from '../use-onnx-backend.ts'
import { narrowed } from './narrow.ts'
import { collectProgram, type Program } from './program.ts'
import { emit, emitAll, fed, type Value } from './value.ts'

const array = (length: number): Value => fed([length, 2], 'float32', new Float32Array(2 * length))

const widest = ({ nodes }: Program) => Math.max(...nodes.map(({ inputs, outputs }) => inputs.length + outputs.length))

describe('a narrowed program', () => {
  it.each([3, 4, 8])('has at most %i tensors in a Concat or Sum, and the same inputs and outputs', most => {
    const parts = Array.from({ length: 23 }, (_, i) => array(i + 1))
    const joined = emit('Concat', parts, { shape: [276, 2], attributes: { axis: 0 } })
    const sum = emit(
      'Sum',
      Array.from({ length: 9 }, () => joined),
      { shape: [276, 2] },
    )
    const program = collectProgram([sum, joined])
    const narrow = narrowed(program, most)
    expect(widest(program)).toBe(24)
    expect(widest(narrow)).toBeLessThanOrEqual(most)
    expect(narrow.leaves).toEqual(program.leaves)
    expect(narrow.outputs).toEqual(program.outputs)
    expect(narrow.signature).toBe(program.signature)
  })

  it('keeps nodes that are narrow enough, and cuts others into slices', () => {
    const x = array(6)
    const split = (count: number) =>
      emitAll({
        op: 'Split',
        inputs: [x],
        attributes: { axis: 0 },
        outputs: Array(count).fill({ shape: [6 / count, 2], type: 'float32' }),
      })
    const few = collectProgram(split(2))
    expect(narrowed(few, 3).nodes).toEqual(few.nodes)
    expect(narrowed(collectProgram(split(3)), 3).nodes.map(({ op }) => op)).toEqual(['Slice', 'Slice', 'Slice'])
  })
})

describe('a runtime that can bind few tensors', () => {
  beforeAll(() => useOnnxBackend({ runtime: { ...onnxruntimeOn('cpu'), mostTensors: 3 } }))
  afterAll(() => useOnnxBackend({ runtime: onnxruntimeOn('cpu') }))

  it('gives the numbers that were to be expected', () => {
    tf.tidy(() => {
      const x = values([4, 12])
      const parts = tf.split(x, [1, 2, 3, 1, 5], 1)
      expect(parts.map(part => part.shape[1])).toEqual([1, 2, 3, 1, 5])
      const doubled = parts.map(part => tf.mul(part, 2))
      expect(tf.concat(doubled, 1).dataSync()).toEqual(x.dataSync().map(value => 2 * value))
      const pieces = tf.unstack(x)
      expect(tf.stack([...pieces, ...pieces]).dataSync()).toEqual(tf.concat([x, x]).dataSync())
      expect(tf.addN(pieces).dataSync()).toEqual(tf.sum(x, 0).dataSync())
    })
  })
})
