/** What runs on tfjs's cpu backend: results, types, memory, and what happens while a function is being recorded. */

import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { compile } from '../compile.ts'
import { values } from '../fixtures/testing.ts'
import { trace } from '../trace.ts'
import { useOnnxBackend } from '../use-onnx-backend.ts'
import { cpuKernelNames } from './cpu.ts'
import { kernels, tensorKernels } from './register.ts'

beforeAll(async () => {
  await useOnnxBackend()
})

/** Everything else is recorded. */
const detours = [
  ...['Bincount', 'BitwiseAnd', 'BroadcastArgs', 'CropAndResize', 'DenseBincount', 'Draw', 'MaxPoolWithArgmax'],
  ...['Dilation2D', 'Dilation2DBackpropFilter', 'Dilation2DBackpropInput', 'Multinomial', 'RotateWithOffset'],
  ...['NonMaxSuppressionV3', 'NonMaxSuppressionV4', 'NonMaxSuppressionV5', 'SearchSorted', 'Transform', 'Unique'],
  ...['RaggedGather', 'RaggedRange', 'RaggedTensorToTensor', 'SparseFillEmptyRows', 'SparseReshape'],
  ...['SparseSegmentMean', 'SparseSegmentSum', 'SparseToDense'],
  ...['StaticRegexReplace', 'StringNGrams', 'StringSplit', 'StringToHashBucketFast'],
]

describe('kernels that ONNX cannot express', () => {
  it('are these, of all that the cpu backend has', () => {
    const own = new Set([...Object.keys(kernels), ...Object.keys(tensorKernels)])
    expect(cpuKernelNames().filter(name => !own.has(name))).toEqual([...detours].sort())
  })

  it('run on pending values, and their results take part in further recordings', async () => {
    const [values, indices] = tf.tidy(() => {
      const { values, indices } = tf.unique(tf.mul(tf.tensor1d([1, 3, 1, 2, 3]), 2))
      return [tf.add(values, 0.5), indices]
    }) as [tf.Tensor, tf.Tensor]
    expect([...values.dataSync()]).toEqual([2.5, 6.5, 4.5])
    expect([...indices.dataSync()]).toEqual([0, 1, 0, 2, 1])
    expect([values.dtype, indices.dtype]).toEqual(['float32', 'int32'])
    tf.dispose([values, indices])
  })

  it('take and give strings', () => {
    tf.tidy(() => {
      const { values, shape } = tf.string.stringSplit(['onnx runs', 'graphs'], ' ') as unknown as Record<
        string,
        tf.Tensor
      >
      expect(values?.dataSync()).toEqual(['onnx', 'runs', 'graphs'] as never)
      expect([...(shape?.dataSync() ?? [])]).toEqual([2, 2])
      expect(tf.reshape(values as tf.Tensor, [3, 1]).arraySync()).toEqual([['onnx'], ['runs'], ['graphs']])
    })
  })

  it('leave no tensor behind, not even when they fail', () => {
    const x = tf.tensor1d([0.5, 0.5])
    const before = { ...tf.memory(), ids: tf.backend().numDataIds() }
    tf.dispose(tf.multinomial(x as tf.Tensor1D, 3, 7))
    expect(() => tf.tidy(() => tf.sparseToDense([5], [1], [2]))).toThrow(/Invalid indices: 5/)
    expect({ ...tf.memory(), ids: tf.backend().numDataIds() }).toEqual(before)
    x.dispose()
  })

  it('cannot be recorded: the error names the kernel and the op', () => {
    const draw = (x: tf.Tensor): tf.Tensor => tf.multinomial(tf.softmax(x) as tf.Tensor1D, 3)
    const refused = /KERNEL_UNSUPPORTED.*kernel Multinomial \(called by tf\.multinomial.*\) cannot be part/s
    const message = (f: () => unknown): string => {
      try {
        f()
      } catch (error) {
        return String(error)
      }
      return 'no error'
    }
    expect(message(() => trace(draw, { x: ['N'] }))).toMatch(refused)
    expect(message(() => compile(({ x }: { x: tf.Tensor }) => ({ y: draw(x) }))({ x: values([4]) }))).toMatch(refused)
  })
})
