/** Gradients of kernels that move data against finite differences. */

import * as tf from '@tensorflow/tfjs-core'
import { describeGradients, type GradientCase } from '../fixtures/finite-differences.ts'
import { shapeRules } from './shapes.ts'

type T = tf.Tensor

const on = (f: (x: T) => T, ...shape: number[]): GradientCase => ({ f: x => f(x as T), shapes: [shape] })
const onTwo = (f: (a: T, b: T) => T, ...shapes: number[][]): GradientCase => ({
  f: (a, b) => f(a as T, b as T),
  shapes,
})

/** Both parts of what a list kernel gives, so that each gets a gradient. */
const weighted = (parts: T[]): T => tf.addN(parts.map((part, i) => tf.mul(part, i + 1)))

/** The op calls Tile instead. */
const broadcast = (shape: number[], ...from: number[]): GradientCase =>
  on(x => tf.engine().runKernel(tf.BroadcastTo, { x }, { shape, inputShape: from }) as T, ...from)

const mirror = (paddings: [number, number][], mode: 'reflect' | 'symmetric', ...shape: number[]): GradientCase =>
  on(x => tf.mirrorPad(x, paddings, mode), ...shape)

describeGradients(shapeRules, {
  Reshape: [on(x => tf.reshape(x, [6, 2]), 3, 4), on(x => tf.reshape(tf.transpose(x), [2, 6]), 3, 4)],
  ExpandDims: [on(x => tf.expandDims(x, 1), 3, 2), on(x => tf.expandDims(x, -1), 1)],
  Transpose: [on(x => tf.transpose(x, [2, 0, 1]), 2, 3, 5), on(x => tf.transpose(x), 1, 4)],
  Concat: [
    onTwo((a, b) => tf.concat([a, b], 1), [2, 3, 2], [2, 1, 2]),
    onTwo((a, b) => tf.concat([a, b], -1), [3, 1], [3, 4]),
    onTwo((a, b) => tf.concat([tf.transpose(a), b], 0), [2, 3], [1, 2]),
  ],
  Pack: [onTwo((a, b) => tf.stack([a, b], 1), [2, 3], [2, 3]), onTwo((a, b) => tf.stack([a, b], -1), [1], [1])],
  Unpack: [on(x => weighted(tf.unstack(x, 1)), 2, 3, 2), on(x => weighted(tf.unstack(x)), 2)],
  SplitV: [on(x => weighted(tf.split(x, 3, 1)), 2, 6), on(x => weighted(tf.split(x, [2, 2], 0)), 4, 3)],
  Slice: [on(x => tf.slice(x, [0, 1, 2], [2, 2, -1]), 2, 4, 5), on(x => tf.slice(x, 0, 1), 3)],
  StridedSlice: [
    on(x => tf.stridedSlice(x, [0, 1], [3, 7], [2, 3]), 3, 7),
    on(x => tf.stridedSlice(x, [2, 5], [0, 1], [-1, -2]), 3, 7),
    on(x => tf.stridedSlice(x, [1, 2], [2, 5], [1, 1], 0, 0, 0, 0, 1), 3, 7),
    on(x => tf.stridedSlice(x, [6], [-8], [-3]), 7),
  ],
  PadV2: [
    on(
      x =>
        tf.pad(
          x,
          [
            [1, 0],
            [0, 2],
          ],
          0.5,
        ),
      2,
      3,
    ),
    on(x => tf.pad(x, [[2, 1]]), 1),
  ],
  MirrorPad: [
    mirror([[2, 1]], 'reflect', 3),
    mirror([[3, 2]], 'symmetric', 3),
    mirror(
      [
        [1, 2],
        [0, 3],
      ],
      'reflect',
      3,
      5,
    ),
    mirror(
      [
        [2, 0],
        [1, 1],
      ],
      'symmetric',
      2,
      1,
    ),
  ],
  BroadcastTo: [broadcast([4, 3, 5], 3, 1), broadcast([2, 2], 1), broadcast([1], 1)],
  Tile: [on(x => tf.tile(x, [2, 3]), 3, 2), on(x => tf.tile(x, [4]), 1), on(x => tf.tile(x, [1, 2, 1]), 2, 1, 3)],
  Reverse: [on(x => tf.reverse(x, [0, 2]), 2, 3, 4), on(x => tf.reverse(x), 5)],
  FlipLeftRight: [on(x => tf.image.flipLeftRight(x as tf.Tensor4D), 1, 2, 3, 2)],
  SpaceToBatchND: [
    on(
      x =>
        tf.spaceToBatchND(
          x,
          [2, 2],
          [
            [0, 1],
            [1, 0],
          ],
        ),
      1,
      3,
      5,
      2,
    ),
    on(x => tf.spaceToBatchND(x, [3], [[0, 1]]), 2, 5),
  ],
  BatchToSpaceND: [
    on(
      x =>
        tf.batchToSpaceND(
          x,
          [2, 2],
          [
            [0, 1],
            [1, 0],
          ],
        ),
      4,
      2,
      3,
      1,
    ),
    on(x => tf.batchToSpaceND(x, [3], [[0, 1]]), 6, 2),
  ],
  DepthToSpace: [
    on(x => tf.depthToSpace(x as tf.Tensor4D, 2), 1, 3, 2, 8),
    on(x => tf.depthToSpace(x as tf.Tensor4D, 2, 'NCHW'), 2, 4, 1, 3),
  ],
  Diag: [on(x => tf.diag(x), 5), on(x => tf.diag(x), 2, 3), on(x => tf.diag(x), 1)],
})
