/** Gradients of kernels that move data: the gradient is moved back, and summed where elements were copied. */

import * as tf from '@tensorflow/tfjs-core'
import { linear, perInput, type Rule, type RuleTable, sumTo, type T, unary } from './rule.ts'

type Paddings = readonly (readonly [number, number])[]

const slice: Rule = unary((dy, x, { begin, size }) => {
  const [starts, sizes] = tf.slice_util.parseSliceParams(x, begin as number[], size as number[]) as [number[], number[]]
  const around = starts.map((start, i) => [start, (x.shape[i] as number) - start - (sizes[i] as number)])
  return tf.pad(dy, around as [number, number][])
})

interface Stride {
  readonly begin: number
  readonly step: number
}

/** Scatters the elements along a dimension to every `step`-th of `size` positions. */
function spread(dy: T, dimension: number, { begin, step, size }: Stride & { size: number }): T {
  const count = dy.shape[dimension] as number
  const [first, stride] = step > 0 ? [begin, step] : [begin + (count - 1) * step, -step]
  const forward = step > 0 ? dy : tf.reverse(dy, dimension)
  const resized = (length: number) => dy.shape.with(dimension, length)
  const between = [...dy.shape.map(() => [0, 0]), [0, 0]].with(dimension + 1, [0, stride - 1]) as [number, number][]
  const gaps = tf.reshape(tf.pad(tf.expandDims(forward, dimension + 1), between), resized(count * stride))
  const reach = (count - 1) * stride + 1
  const cut = tf.slice(gaps, 0, resized(reach))
  const around = dy.shape.map(() => [0, 0]).with(dimension, [first, size - first - reach])
  return tf.pad(cut, around as [number, number][])
}

const stridedSlice: Rule = unary((dy, x, attributes) => {
  const mask = (name: string): number => attributes[name] as number
  const { begin, end, strides } = tf.slice_util.sliceInfo(
    x.shape,
    attributes.begin as number[],
    attributes.end as number[],
    attributes.strides as number[],
    mask('beginMask'),
    mask('endMask'),
    mask('ellipsisMask'),
    mask('newAxisMask'),
    mask('shrinkAxisMask'),
  )
  if (dy.size === 0) return tf.zeros(x.shape)
  const taken = tf.reshape(dy, tf.slice_util.computeOutShape(begin, end, strides))
  return x.shape.reduce<T>(
    (back, size, i) => spread(back, i, { begin: begin[i] as number, step: strides[i] as number, size }),
    taken,
  )
})

/** What lies beyond an edge is the reflection of what lies before it, and goes back there. */
const mirrorPad: Rule = unary((dy, x, { paddings, mode }) => {
  const offset = mode === 'reflect' ? 1 : 0
  return (paddings as Paddings).reduce<T>((back, [before, after], dimension) => {
    const size = x.shape[dimension] as number
    const part = (begin: number, length: number): T =>
      tf.slice(
        back,
        back.shape.map((_, i) => (i === dimension ? begin : 0)),
        back.shape.with(dimension, length),
      )
    const around = (left: number, right: number) =>
      back.shape.map((_, i) => (i === dimension ? [left, right] : [0, 0])) as [number, number][]
    const reflected = (begin: number, length: number, position: number): T =>
      tf.pad(tf.reverse(part(begin, length), dimension), around(position, size - position - length))
    let sum = part(before, size)
    if (before > 0) sum = tf.add(sum, reflected(0, before, offset))
    if (after > 0) sum = tf.add(sum, reflected(before + size, after, size - after - offset))
    return sum
  }, dy)
})

const concat: Rule = {
  inputs: 'all',
  gradient: (dy: T, saved, { axis }) => {
    const [dimension = 0] = tf.util.parseAxisParam(axis as number, dy.shape)
    const sizes = saved.map(x => x.shape[dimension] as number)
    const parts = tf.split(dy, sizes, dimension)
    return perInput(saved, i => parts[i] as T)
  },
}

const pack: Rule = {
  inputs: 'all',
  gradient: (dy: T, saved, { axis }) => {
    const parts = tf.unstack(dy, axis as number)
    return perInput(saved, i => parts[i] as T)
  },
}

const tile: Rule = unary((dy, x, { reps }) => {
  const split = x.shape.flatMap((size, i) => [(reps as number[])[i] as number, size])
  return tf.sum(
    tf.reshape(dy, split),
    [...x.shape.keys()].map(i => 2 * i),
  )
})

/** Pixels that became channels: the inverse of depthToSpace. */
const depthToSpace: Rule = unary((dy, x, { blockSize, dataFormat }) => {
  const block = blockSize as number
  const [n, h, w, c] = (dataFormat === 'NCHW' ? tf.transpose(x, [0, 2, 3, 1]) : x).shape as [
    number,
    number,
    number,
    number,
  ]
  const nhwc = dataFormat === 'NCHW' ? tf.transpose(dy, [0, 2, 3, 1]) : dy
  const cells = tf.reshape(nhwc, [n, h, block, w, block, c / block ** 2])
  const back = tf.reshape(tf.transpose(cells, [0, 1, 3, 2, 4, 5]), [n, h, w, c])
  return dataFormat === 'NCHW' ? tf.transpose(back, [0, 3, 1, 2]) : back
})

export const shapeRules: RuleTable = {
  Reshape: unary((dy, x) => tf.reshape(dy, x.shape)),
  ExpandDims: unary((dy, x) => tf.reshape(dy, x.shape), 'input'),
  Transpose: linear((dy, { perm }) => tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm as number[]))),
  Concat: concat,
  Pack: pack,
  Unpack: { gradient: (dys: T[], _, { axis }) => ({ value: () => tf.stack(dys, axis as number) }) },
  SplitV: { gradient: (dys: T[], _, { axis }) => ({ x: () => tf.concat(dys, axis as number) }) },
  Slice: slice,
  StridedSlice: stridedSlice,
  PadV2: unary((dy, x, { paddings }) =>
    tf.slice(
      dy,
      (paddings as Paddings).map(([before]) => before),
      x.shape,
    ),
  ),
  MirrorPad: mirrorPad,
  BroadcastTo: unary((dy, x) => sumTo(dy, x.shape)),
  Tile: tile,
  Reverse: linear((dy, { dims }) => tf.reverse(dy, dims as number[])),
  FlipLeftRight: linear(dy => tf.reverse(dy, 2), 'image'),
  SpaceToBatchND: linear((dy, { blockShape, paddings }) =>
    tf.batchToSpaceND(dy, blockShape as number[], paddings as number[][]),
  ),
  BatchToSpaceND: linear((dy, { blockShape, crops }) =>
    tf.spaceToBatchND(dy, blockShape as number[], crops as number[][]),
  ),
  DepthToSpace: depthToSpace,
  Diag: unary((dy, x) => {
    const square = tf.reshape(dy, [x.size, x.size])
    return tf.reshape(tf.sum(tf.mul(square, tf.eye(x.size)), 1), x.shape)
  }),
}
