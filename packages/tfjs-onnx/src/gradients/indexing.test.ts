/** Gradients of gathering and scattering against finite differences, with indices that repeat and indices that are left out. */

import * as tf from '@tensorflow/tfjs-core'
import { apart, describeGradients } from '../fixtures/finite-differences.ts'
import { indexingRules } from './indexing.ts'

type T = tf.Tensor

const integers = (data: number[], shape = [data.length]): T => tf.tensor(data, shape, 'int32')

describeGradients(indexingRules, {
  GatherV2: [
    { f: x => tf.gather(x as T, integers([4, 0, 0])), shapes: [[5, 3]] },
    { f: x => tf.gather(x as T, integers([1, 2, 2, 0], [2, 2]), 1), shapes: [[2, 3, 4]] },
    { f: x => tf.gather(x as T, integers([0, 2, 1, 1], [2, 2]), 2, 1), shapes: [[2, 3, 4]] },
    { f: x => tf.gather(x as T, integers([0])), shapes: [[1]] },
  ],
  GatherNd: [
    { f: x => tf.gatherND(x as T, integers([0, 1, 2, 0, 0, 1], [3, 2])), shapes: [[3, 2, 2]] },
    { f: x => tf.gatherND(x as T, integers([2, 2, 1], [3, 1])), shapes: [[4]] },
  ],
  ScatterNd: [
    { f: x => tf.scatterND(integers([0, 2, 2], [3, 1]), x as T, [4, 2] as never), shapes: [[3, 2]] },
    { f: x => tf.scatterND(integers([1, 0], [1, 2]), x as T, [2, 3] as never), shapes: [[1]] },
  ],
  TensorScatterUpdate: [
    {
      f: (x, y) => tf.tensorScatterUpdate(x as T, integers([1, 3], [2, 1]), y as T),
      shapes: [
        [4, 2],
        [2, 2],
      ],
    },
    { f: (x, y) => tf.tensorScatterUpdate(x as T, integers([0], [1, 1]), y as T), shapes: [[3], [1]] },
  ],
  UnsortedSegmentSum: [
    { f: x => tf.unsortedSegmentSum(x as T, integers([0, 2, 0, -1]) as tf.Tensor1D, 3), shapes: [[4, 2]] },
    { f: x => tf.unsortedSegmentSum(x as T, integers([1]) as tf.Tensor1D, 2), shapes: [[1]] },
  ],
  TopK: [
    { f: x => tf.topk(x as T, 2).values, shapes: [[3, 5]], draw: apart },
    { f: x => tf.topk(x as T, 1).values, shapes: [[1]], draw: apart },
  ],
  OneHot: [{ f: x => tf.cast(tf.oneHot(tf.cast(x as T, 'int32'), 4), 'float32'), shapes: [[5]], draw: apart }],
})
