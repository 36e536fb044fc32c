/**
 * Kernels on tensors that are not in row-major layout, such as images after a convolution, give the results of tfjs's cpu
 * backend, which has no layouts.
 */

import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { difference, onBoth, values } from '../fixtures/testing.ts'

type Image = tf.Tensor4D

/** Logically [2, 4, 6, 3], in memory with its channels first. */
const image = (seed = 1): Image => tf.transpose(values([2, 3, 4, 6], seed), [0, 2, 3, 1]) as Image
const whole = (): tf.Tensor => tf.cast(tf.floor(tf.mul(image(), 9)), 'int32')
const indices = (data: number[], shape = [data.length]): tf.Tensor => tf.tensor(data, shape, 'int32')
const paddings = (before: number, after: number): [number, number][] => [
  [0, 0],
  [before, after],
  [after, before],
  [1, 0],
]

/** Gradient kernels are compared through ops, weighted so that no gradient is constant by accident. */
const gradient = (f: (x: Image) => tf.Tensor): tf.Tensor => {
  const x = image()
  return tf.grad(f as (x: tf.Tensor) => tf.Tensor)(x, values(f(x).shape, 7))
}

const ops: Readonly<Record<string, () => tf.Tensor | tf.Tensor[]>> = {
  pad: () => tf.pad(image(), paddings(1, 2), 0.5),
  'mirrorPad reflect': () => tf.mirrorPad(image(), paddings(1, 2), 'reflect'),
  'mirrorPad symmetric': () => tf.mirrorPad(whole(), paddings(1, 2), 'symmetric'),
  gather: () => tf.gather(image(), indices([3, 0, 3]), 1),
  'gather by batch': () => tf.gather(image(), indices([1, 0, 2, 2], [2, 2]), 1, 1),
  gatherND: () => tf.gatherND(image(), indices([1, 3, 5, 0, 0, 0], [2, 3])),
  scatterND: () => tf.scatterND(indices([1, 1], [2, 1]), image(), [3, 4, 6, 3] as never),
  tensorScatterUpdate: () => tf.tensorScatterUpdate(image(), indices([1], [1, 1]), tf.slice(image(2), 0, 1)),
  topk: () => Object.values(tf.topk(image(), 2)),
  cumsum: () => tf.cumsum(whole(), 2, true),
  cumprod: () => [tf.cumprod(image(), 1), tf.cumprod(image(), 2, true, true)],
  'max and min': () => [tf.max(image(), 1), tf.min(whole(), [0, 3])],
  'argMax and argMin': () => [tf.argMax(image(), 2), tf.argMin(image(), 3)],
  'maxPool and avgPool': () => [tf.maxPool(image(), 3, 2, 'same'), tf.avgPool(image(), 2, 2, 'valid')],
  'gradient of maxPool': () => gradient(x => tf.maxPool(x, 3, 2, 'same')),
  'gradient of avgPool': () => gradient(x => tf.avgPool(x, 3, 1, 'valid')),
  resizeBilinear: () => tf.image.resizeBilinear(image(), [7, 3], false, true),
  // of a square: the cpu backend's own gradient takes height for width
  'gradient of resizeBilinear': () =>
    gradient(x => tf.image.resizeBilinear(tf.slice(x, 0, [2, 4, 4, 3]) as Image, [7, 7], true)),
  resizeNearestNeighbor: () => tf.image.resizeNearestNeighbor(whole() as Image, [7, 9]),
  depthwiseConv2d: () => tf.depthwiseConv2d(image(), values([3, 2, 3, 2]) as Image, 2, 'same'),
  'gradient of depthwiseConv2d': () => gradient(x => tf.depthwiseConv2d(x, values([3, 2, 3, 2]) as Image, 2, 'same')),
  conv3d: () =>
    tf.conv3d(tf.expandDims(image(), 1) as tf.Tensor5D, values([1, 2, 3, 3, 2]) as tf.Tensor5D, [1, 2, 1], 'same'),
  batchNorm: () =>
    tf.batchNorm(
      image(),
      values([3], 2) as tf.Tensor1D,
      tf.abs(values([3], 3)),
      values([3], 4) as tf.Tensor1D,
      values([3]),
    ),
  localResponseNormalization: () => tf.localResponseNormalization(image(), 1, 1, 0.5, 0.75),
  'gradient of localResponseNormalization': () => gradient(x => tf.localResponseNormalization(x, 1, 1, 0.5, 0.75)),
  einsum: () => [tf.einsum('nhwc,nhkc->nwk', image(), image(2)), tf.einsum('nhwc->wn', image())],
  'spaceToBatchND and back': () => {
    const cells = tf.spaceToBatchND(image(), [2, 3], [
      [1, 1],
      [0, 0],
    ] as never)
    return [
      cells,
      tf.batchToSpaceND(cells, [2, 3], [
        [1, 1],
        [0, 0],
      ] as never),
    ]
  },
  depthToSpace: () => tf.depthToSpace(tf.concat([image(), tf.slice(image(2), 0, [2, 4, 6, 1])], 3) as Image, 2),
  'flipLeftRight and reverse': () => [tf.image.flipLeftRight(image()), tf.reverse(image(), [1, 3])],
  diag: () => tf.diag(tf.transpose(values([3, 2]))),
  atan2: () => tf.atan2(image(), values([6, 3], 2)),
  mod: () => tf.mod(tf.mul(image(), 7), tf.add(tf.abs(values([3], 2)), 0.5)),
  complex: () => {
    const z = tf.mul(tf.complex(image(), image(2)), tf.complex(image(3), image(4)))
    return [tf.real(z), tf.imag(tf.transpose(z, [3, 0, 1, 2])), tf.abs(z)]
  },
  fft: () => tf.real(tf.spectral.fft(tf.complex(tf.transpose(values([5, 2])), tf.transpose(values([5, 2], 2))))),
}

describe('kernels follow the layout of their operand', () => {
  it.each(Object.entries(ops))('%s', async (_, build) => {
    const { cpu, onnx } = await onBoth(build)
    expect(onnx.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
      cpu.map(({ shape, dtype }) => ({ shape, dtype })),
    )
    cpu.forEach((expected, i) => {
      expect(difference(expected.values, onnx[i]?.values ?? [])).toBeLessThan(5e-6)
    })
  })
})
