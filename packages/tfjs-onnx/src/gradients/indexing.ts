/** Gradients of kernels that choose elements by indices: what was gathered is scattered back, and the other way round. */

import * as tf from '@tensorflow/tfjs-core'
import { flatIn, type Rule, type RuleTable, type T, where, zerosOf } from './rule.ts'

/** Adds each gathered slice back to where it came from. */
function scatterRows(dy: T, [x, indices]: readonly [T, T], axis: number): T {
  const [dimension = 0] = tf.util.parseAxisParam(axis, x.shape)
  const others = [...x.shape.keys()].filter(i => i !== dimension)
  const gathered = [...indices.shape.keys()].map(i => i + dimension)
  const rest = [...dy.shape.keys()].filter(i => !gathered.includes(i))
  const rows = tf.reshape(tf.transpose(dy, [...gathered, ...rest]), [
    indices.size,
    ...others.map(i => x.shape[i] as number),
  ])
  const sums = tf.unsortedSegmentSum(
    rows,
    tf.reshape(indices, [indices.size]) as tf.Tensor1D,
    x.shape[dimension] as number,
  )
  return tf.transpose(sums, tf.backend_util.getUndoAxesPermutation([dimension, ...others]))
}

/** Each batch by itself. */
function scatterBatches(
  dy: T,
  [x, indices]: readonly [T, T],
  { axis, batchDims }: { axis: number; batchDims: number },
): T {
  if (batchDims === 0) return scatterRows(dy, [x, indices], axis)
  const inner = { axis: axis - 1, batchDims: batchDims - 1 }
  const [dys, all] = [tf.unstack(dy), tf.unstack(indices)]
  return tf.stack(tf.unstack(x).map((one, i) => scatterBatches(dys[i] as T, [one, all[i] as T], inner)))
}

const gather: Rule = {
  inputs: ['x', 'indices'],
  gradient: (dy: T, saved, { axis, batchDims }) => {
    const [x, indices] = saved as [T, T]
    const [dimension = 0] = tf.util.parseAxisParam(axis as number, x.shape)
    const batches = ((batchDims as number | undefined) ?? 0) as number
    return {
      x: () => scatterBatches(dy, [x, indices], { axis: dimension, batchDims: batches }),
      indices: () => zerosOf(indices),
    }
  },
}

/** Rows of segments that were left out (a negative id) had no part in any sum. */
function gatherKept(dy: T, ids: T): T {
  const rows = tf.gather(dy, tf.maximum(ids, tf.zerosLike(ids)) as tf.Tensor1D)
  const kept = tf.cast(tf.greaterEqual(ids, tf.scalar(0, 'int32')), 'float32')
  return tf.mul(rows, tf.reshape(kept, [...ids.shape, ...new Array<number>(dy.rank - 1).fill(1)]))
}

const topK: Rule = {
  inputs: ['x'],
  outputs: [false, true],
  gradient: (dys: T[], saved) => {
    const [x, indices] = saved as [T, T]
    const positions = tf.equal(tf.expandDims(indices, -1), tf.range(0, x.shape.at(-1) as number, 1, 'int32'))
    return { x: () => tf.sum(where(positions, tf.expandDims(dys[0] as T, -1)), -2) }
  },
}

export const indexingRules: RuleTable = {
  GatherV2: gather,
  GatherNd: {
    inputs: ['params', 'indices'],
    gradient: (dy: T, saved) => {
      const [params, indices] = saved as [T, T]
      return { params: () => tf.scatterND(indices, dy, params.shape as never), indices: () => zerosOf(indices) }
    },
  },
  ScatterNd: {
    inputs: ['indices'],
    gradient: (dy: T, saved) => {
      const [indices] = saved as [T]
      return { updates: () => tf.gatherND(dy, indices), indices: () => zerosOf(indices) }
    },
  },
  TensorScatterUpdate: {
    inputs: ['indices', 'updates'],
    gradient: (dy: T, saved) => {
      const [indices, updates] = saved as [T, T]
      return {
        tensor: () => tf.tensorScatterUpdate(dy, indices, tf.zerosLike(updates)),
        updates: () => tf.gatherND(dy, indices),
        indices: () => zerosOf(indices),
      }
    },
  },
  UnsortedSegmentSum: {
    inputs: ['segmentIds'],
    gradient: (dy: T, saved) => {
      const [ids] = saved as [T]
      return { x: () => gatherKept(dy, ids), segmentIds: () => zerosOf(ids) }
    },
  },
  TopK: topK,
  OneHot: flatIn('indices'),
}
