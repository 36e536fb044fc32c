/** Every kernel against tfjs's own cpu backend, forward and (where tfjs differentiates it) backward. */

import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { difference, onBoth, values } from '../fixtures/testing.ts'

type Build = () => tf.Tensor | tf.Tensor[]

async function expectSame(build: Build, tolerance = 2e-6): Promise<void> {
  const { cpu, onnx } = await onBoth(build)
  expect(onnx.length).toBe(cpu.length)
  cpu.forEach((reference, i) => {
    const got = onnx[i]
    expect(got?.shape).toEqual(reference.shape)
    expect(got?.dtype).toBe(reference.dtype)
    expect(difference(reference.values, got?.values ?? [])).toBeLessThan(tolerance)
  })
}

const same = (name: string, build: Build, tolerance?: number): void => {
  it(name, () => expectSame(build, tolerance))
}

/** Value and gradient of `f`, weighted so that no gradient is constant by accident. */
const withGradients = (
  name: string,
  f: (...x: tf.Tensor[]) => tf.Tensor,
  inputs: () => tf.Tensor[],
  tolerance = 5e-6,
) =>
  same(
    name,
    () => {
      const xs = inputs()
      const y = f(...xs)
      const gradients = tf.grads((...x: tf.Tensor[]) => f(...x))(xs, values(y.shape, 77))
      return [y, ...gradients]
    },
    tolerance,
  )

const integers = (shape: number[], seed = 1, low = -5, high = 5): tf.Tensor =>
  tf.cast(tf.floor(tf.add(tf.mul(values(shape, seed), (high - low) / 2), (high + low) / 2)), 'int32')

const positive = (shape: number[], seed = 1): tf.Tensor => tf.add(tf.abs(values(shape, seed)), 0.1)

describe('element-wise kernels of one operand', () => {
  const anywhere = [
    ...['abs', 'neg', 'sign', 'relu', 'relu6', 'ceil', 'floor', 'round', 'square', 'exp', 'expm1', 'erf', 'sigmoid'],
    ...['softplus', 'elu', 'selu', 'sin', 'cos', 'tan', 'sinh', 'cosh', 'tanh', 'asinh', 'atan', 'isNaN', 'isInf'],
  ] as const
  for (const op of anywhere)
    same(op, () => (tf[op] as (x: tf.Tensor) => tf.Tensor)(tf.mul(values([2, 3, 4, 5]), 3)), 1e-5)
  for (const op of ['sqrt', 'rsqrt', 'log', 'log1p', 'reciprocal'] as const)
    same(op, () => (tf[op] as (x: tf.Tensor) => tf.Tensor)(positive([3, 7])), 1e-5)
  for (const op of ['asin', 'acos', 'atanh'] as const)
    same(op, () => (tf[op] as (x: tf.Tensor) => tf.Tensor)(tf.mul(values([3, 7]), 0.9)), 1e-5)
  it('expm1 and log1p keep small numbers, and end where they should', async () => {
    const xs = [1e-8, -3e-7, 0.01, 0.49, 0.51, 0.99, 1.01, 40, Number.POSITIVE_INFINITY, Number.NaN, -0.9999, -1]
    const { onnx } = await onBoth(() => [tf.expm1(xs), tf.log1p(xs), tf.expm1([Number.NEGATIVE_INFINITY])])
    const expected = [xs.map(Math.fround).map(Math.expm1), xs.map(Math.fround).map(Math.log1p), [-1]]
    expected.forEach((numbers, i) => {
      numbers.forEach((number, k) => {
        const got = onnx[i]?.values[k] as number
        if (!Number.isFinite(number)) expect(got).toBe(number)
        else expect(Math.abs(got - number)).toBeLessThanOrEqual(2e-6 * Math.abs(number))
      })
    })
  })
  same('acosh', () => tf.acosh(tf.add(positive([3, 7]), 1)), 1e-5)
  same('clipByValue', () => tf.clipByValue(values([5, 5]), -0.3, 0.4))
  same('leakyRelu', () => tf.leakyRelu(values([5, 5]), 0.3))
  same('step, NaN included', () => tf.step(tf.tensor([-1, 0, 2, Number.NaN]), 0.5))
  same('onesLike and zerosLike', () => [tf.onesLike(values([2, 3])), tf.zerosLike(values([2, 3]))])
  same('int32 stays int32', () => [tf.abs(integers([9])), tf.neg(integers([9])), tf.square(integers([9]))])
  same('casts', () => [
    tf.cast(tf.mul(values([9]), 9), 'int32'),
    tf.cast(values([9]), 'bool'),
    tf.cast(integers([9]), 'float32'),
    tf.cast(integers([9]), 'bool'),
    tf.cast(tf.greater(values([9]), 0), 'float32'),
    tf.logicalNot(tf.greater(values([9]), 0)),
  ])
})

describe('element-wise kernels of two operands', () => {
  const ops = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'squaredDifference'] as const
  const shapes: [number[], number[]][] = [
    [
      [3, 4],
      [3, 4],
    ],
    [[2, 3, 4, 5], [5]],
    [
      [4, 1],
      [1, 3],
    ],
    [[], [2, 2]],
    [[1], [1]],
    [
      [2, 1, 1, 5],
      [2, 3, 4, 5],
    ],
  ]
  for (const op of ops) {
    for (const [a, b] of shapes) {
      withGradients(
        `${op} [${a}] with [${b}]`,
        (x, y) => tf[op](x as tf.Tensor, y as tf.Tensor),
        () => [values(a, 3), tf.add(values(b, 4), 1.7)],
      )
    }
  }
  same('integers', () => {
    const a = integers([40], 1)
    const b = tf.add(tf.abs(integers([40], 2)), tf.scalar(1, 'int32'))
    return [tf.add(a, b), tf.mul(a, b), tf.floorDiv(a, b), tf.mod(a, b), tf.maximum(a, b)]
  })
  same('floorDiv and mod of floats', () => [
    tf.floorDiv(tf.mul(values([20], 1), 9), tf.add(values([20], 2), 2)),
    tf.mod(tf.mul(values([20], 1), 9), tf.add(values([20], 2), 2)),
  ])
  same('pow', () => tf.pow(positive([4, 4]), values([4, 4], 2)), 1e-5)
  same('prelu', () => tf.prelu(values([3, 4]), values([4], 2)))
  same('comparisons', () => {
    const a = integers([30], 1)
    const b = integers([30], 2)
    return [
      tf.equal(a, b),
      tf.notEqual(a, b),
      tf.greater(a, b),
      tf.greaterEqual(a, b),
      tf.less(a, b),
      tf.lessEqual(a, b),
    ]
  })
  same('logic', () => {
    const a = tf.greater(values([9], 1), 0)
    const b = tf.greater(values([9], 2), 0)
    return [tf.logicalAnd(a, b), tf.logicalOr(a, b), tf.logicalXor(a, b), tf.equal(a, b)]
  })
  same('addN', () => tf.addN([values([2, 3], 1), values([2, 3], 2), values([2, 3], 3)]))
  withGradients(
    'where',
    (a, b) => tf.where(tf.greater(values([2, 3], 9), 0), a as tf.Tensor, b as tf.Tensor),
    () => [values([2, 3], 1), values([2, 3], 2)],
  )
  same('neutral operands drop out without changing the result', () => {
    const x = values([70, 2])
    return [
      tf.mul(x, tf.ones([70, 2])),
      tf.add(x, tf.zeros([70, 2])),
      tf.mul(tf.ones([70, 70]), values([70])),
      tf.sub(tf.ones([70]), values([70])),
    ]
  })
})

describe('reductions', () => {
  const axes: (number | number[] | undefined)[] = [undefined, 0, 1, -1, [0, 2], [1, 2], [0, 1, 2, 3]]
  for (const op of ['sum', 'mean', 'max', 'min', 'prod'] as const) {
    for (const axis of axes) {
      for (const keep of [false, true]) {
        const f = tf[op] as (x: tf.Tensor, axis?: number | number[], keep?: boolean) => tf.Tensor
        if (op === 'prod') same(`prod over ${axis}, keepDims ${keep}`, () => f(values([2, 3, 4, 5]), axis, keep))
        else
          withGradients(
            `${op} over ${axis}, keepDims ${keep}`,
            x => f(x as tf.Tensor, axis, keep),
            () => [values([2, 3, 4, 5])],
          )
      }
    }
  }
  same('reductions of integers and bools', () => {
    const flags = tf.greater(values([4, 5]), 0)
    return [tf.sum(integers([4, 5]), 1), tf.sum(flags), tf.max(integers([4, 5]), 0), tf.mean(integers([4, 5]))]
  })
  same('all and any', () => {
    const flags = tf.greater(values([4, 5]), -0.6)
    return [tf.all(flags, 1), tf.any(flags, 0), tf.all(flags)]
  })
  same('argMax and argMin', () => [tf.argMax(values([4, 5]), 1), tf.argMin(values([4, 5]), 0)])
  same('cumsum', () => [
    tf.cumsum(values([3, 4]), 1),
    tf.cumsum(values([3, 4]), 0, true),
    tf.cumsum(values([3, 4]), 1, false, true),
  ])
  withGradients(
    'softmax',
    x => tf.softmax(x as tf.Tensor),
    () => [values([2, 3, 7])],
  )
  withGradients(
    'logSoftmax',
    x => tf.logSoftmax(x as tf.Tensor),
    () => [values([3, 7])],
  )
  same('unsortedSegmentSum', () => tf.unsortedSegmentSum(values([6, 2]), tf.tensor1d([0, 2, 1, 0, 2, 2], 'int32'), 4))
  withGradients(
    'logSumExp',
    x => tf.logSumExp(x as tf.Tensor, 1),
    () => [values([3, 7])],
  )
})

describe('shapes', () => {
  withGradients(
    'reshape',
    x => tf.reshape(x as tf.Tensor, [6, 4]),
    () => [values([2, 3, 4])],
  )
  withGradients(
    'transpose',
    x => tf.transpose(x as tf.Tensor, [2, 0, 3, 1]),
    () => [values([2, 3, 4, 5])],
  )
  withGradients(
    'transpose then reshape',
    x => tf.reshape(tf.transpose(x as tf.Tensor, [0, 2, 1]), [2, 12]),
    () => [values([2, 3, 4])],
  )
  withGradients(
    'reshape that merges what a transpose left together',
    x => tf.reshape(tf.transpose(x as tf.Tensor, [0, 3, 1, 2]), [2, 5, 12]),
    () => [values([2, 3, 4, 5])],
  )
  withGradients(
    'concat',
    (a, b) => tf.concat([a as tf.Tensor, b as tf.Tensor], 1),
    () => [values([2, 3, 4], 1), values([2, 1, 4], 2)],
  )
  withGradients(
    'concat of a transposed tensor',
    (a, b) => tf.concat([tf.transpose(a as tf.Tensor), b as tf.Tensor], 0),
    () => [values([3, 2], 1), values([4, 3], 2)],
  )
  withGradients(
    'stack',
    (a, b) => tf.stack([a as tf.Tensor, b as tf.Tensor], 1),
    () => [values([2, 3], 1), values([2, 3], 2)],
  )
  same('unstack', () => tf.unstack(values([2, 3, 4]), 1))
  same('split', () => [...tf.split(values([2, 6]), 3, 1), ...tf.split(values([7, 2]), [3, 4], 0)])
  withGradients(
    'split, one part used',
    x => tf.split(x as tf.Tensor, 3, 1)[1] as tf.Tensor,
    () => [values([2, 6])],
  )
  withGradients(
    'slice',
    x => tf.slice(x as tf.Tensor, [0, 1, 1], [2, 2, -1]),
    () => [values([2, 3, 4])],
  )
  withGradients(
    'slice of a transposed tensor',
    x => tf.slice(tf.transpose(x as tf.Tensor, [1, 2, 0]), [1, 0, 0], [2, 3, 1]),
    () => [values([2, 3, 4])],
  )
  same('stridedSlice forwards', () => tf.stridedSlice(values([3, 7]), [0, 1], [3, 6], [1, 2]))
  same('stridedSlice backwards', () => [
    tf.stridedSlice(values([3, 7]), [2, 5], [0, 1], [-1, -2]),
    tf.stridedSlice(values([7]), [6], [-8], [-2]),
    tf.stridedSlice(values([3, 7]), [1, 2], [2, 5], [1, 1], 0, 0, 0, 0, 1),
  ])
  withGradients(
    'pad',
    x =>
      tf.pad(
        x as tf.Tensor,
        [
          [1, 0],
          [0, 2],
          [1, 1],
        ],
        0.5,
      ),
    () => [values([2, 3, 4])],
  )
  same('mirrorPad', () =>
    tf.mirrorPad(
      values([4, 5]),
      [
        [1, 2],
        [2, 0],
      ],
      'reflect',
    ),
  )
  withGradients(
    'tile',
    x => tf.tile(x as tf.Tensor, [2, 3]),
    () => [values([2, 3])],
  )
  withGradients(
    'tile of ones',
    x => tf.tile(x as tf.Tensor, [1, 3]),
    () => [values([2, 1])],
  )
  withGradients(
    'broadcastTo',
    x => tf.broadcastTo(x as tf.Tensor, [4, 2, 3]),
    () => [values([2, 1])],
  )
  withGradients(
    'expandDims and squeeze',
    x => tf.squeeze(tf.expandDims(x as tf.Tensor, 1)),
    () => [values([2, 3])],
  )
  withGradients(
    'reverse',
    x => tf.reverse(x as tf.Tensor, [0, 2]),
    () => [values([2, 3, 4])],
  )
  same('gather', () => [
    tf.gather(values([5, 3]), tf.tensor1d([4, 0, 0], 'int32')),
    tf.gather(values([5, 3]), tf.tensor2d([[1, 2]], [1, 2], 'int32'), 1),
  ])
  withGradients(
    'gather along 0',
    x => tf.gather(x as tf.Tensor, tf.tensor1d([4, 0, 0], 'int32')),
    () => [values([5, 3])],
  )
  same('oneHot', () => [
    tf.oneHot(tf.tensor1d([0, 3, 1], 'int32'), 4),
    tf.oneHot(tf.tensor1d([2, 9], 'int32'), 3, 5, -1),
  ])
  same('fill, range, linspace', () => [
    tf.fill([2, 80], 3),
    tf.range(2, 9, 3),
    tf.linspace(0, 1, 5),
    tf.mul(tf.fill([2, 2], 3), 2),
  ])
  same('an empty tensor', () => [tf.concat([tf.zeros([0, 3]), values([2, 3])], 0), tf.slice(values([4]), [2], [0])])
})

describe('matrix products', () => {
  for (const [ta, tb] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const) {
    withGradients(
      `2-D, transposeA ${ta}, transposeB ${tb}`,
      (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor, ta, tb),
      () => [values(ta ? [4, 3] : [3, 4], 1), values(tb ? [5, 4] : [4, 5], 2)],
    )
    withGradients(
      `batched, transposeA ${ta}, transposeB ${tb}`,
      (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor, ta, tb),
      () => [values(ta ? [2, 4, 3] : [2, 3, 4], 1), values(tb ? [2, 5, 4] : [2, 4, 5], 2)],
    )
  }
  withGradients(
    'of a transposed operand',
    (a, b) => tf.matMul(tf.transpose(a as tf.Tensor, [0, 2, 1]), b as tf.Tensor),
    () => [values([2, 4, 3], 1), values([2, 4, 5], 2)],
  )
  same('fused with bias and activation', () =>
    tf.fused.matMul({
      a: values([3, 4]) as tf.Tensor2D,
      b: values([4, 5], 2) as tf.Tensor2D,
      bias: values([5], 3),
      activation: 'relu',
    }),
  )
  withGradients(
    'dot',
    (a, b) => tf.dot(a as tf.Tensor, b as tf.Tensor),
    () => [values([4], 1), values([4, 2], 2)],
  )
})

/** A dilated filter written out, with zeros between its taps: the cpu backend has no gradients of dilated ones. */
function stretched(filter: tf.Tensor4D, dilation: number): tf.Tensor4D {
  const [h, w, i, o] = filter.shape
  const between: [number, number] = [0, dilation - 1]
  const padded = tf.pad(tf.reshape(filter, [h, 1, w, 1, i * o]), [[0, 0], between, [0, 0], between, [0, 0]])
  const wide = tf.reshape(padded, [h * dilation, w * dilation, i, o])
  return tf.slice(wide, 0, [(h - 1) * dilation + 1, (w - 1) * dilation + 1, i, o]) as tf.Tensor4D
}

describe('convolutions', () => {
  interface Case {
    size: [number, number]
    filter: [number, number]
    strides?: number
    dilations?: number
    pad?: 'same' | 'valid' | number
    channels?: [number, number]
  }
  const cases: Case[] = [
    { size: [6, 6], filter: [3, 3] },
    { size: [5, 7], filter: [3, 3] },
    { size: [5, 7], filter: [3, 2], pad: 'valid' },
    { size: [4, 4], filter: [1, 1] },
    { size: [7, 7], filter: [3, 3], strides: 2 },
    { size: [8, 6], filter: [3, 3], strides: 2 },
    { size: [8, 8], filter: [2, 2], strides: 2, pad: 'valid' },
    { size: [8, 8], filter: [1, 1], strides: 2 },
    { size: [9, 7], filter: [4, 3], strides: 3, pad: 'valid' },
    { size: [9, 9], filter: [3, 3], dilations: 2 },
    { size: [9, 8], filter: [3, 3], dilations: 3, pad: 'valid' },
    { size: [6, 6], filter: [3, 3], pad: 1 },
    { size: [6, 6], filter: [2, 2], pad: 1 },
    { size: [4, 4], filter: [1, 1], pad: 1 },
    { size: [1, 1], filter: [3, 3], channels: [1, 1] },
    { size: [5, 5], filter: [5, 5], pad: 'valid', channels: [2, 1] },
  ]
  for (const { size, filter, strides = 1, dilations = 1, pad = 'same', channels = [3, 4] } of cases) {
    withGradients(
      `${size} by ${filter}, strides ${strides}, dilations ${dilations}, pad ${pad}, channels ${channels}`,
      (x, w) =>
        tf.getBackend() === 'cpu' && dilations > 1
          ? tf.conv2d(x as tf.Tensor4D, stretched(w as tf.Tensor4D, dilations), strides, pad)
          : tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad, 'NHWC', dilations),
      () => [values([2, ...size, channels[0] as number], 1), values([...filter, ...channels], 2)],
      1e-5,
    )
  }
  withGradients(
    'with filters kept as OIHW and images as NCHW',
    (x, w) =>
      tf.transpose(
        tf.conv2d(
          tf.transpose(x as tf.Tensor4D, [0, 2, 3, 1]),
          tf.transpose(w as tf.Tensor4D, [2, 3, 1, 0]),
          1,
          'same',
        ),
        [0, 3, 1, 2],
      ),
    () => [values([2, 3, 5, 5], 1), values([4, 3, 3, 3], 2)],
    1e-5,
  )
  same('NCHW in tfjs terms', () => {
    const x = values([2, 3, 5, 5])
    const w = values([3, 3, 3, 4], 2) as tf.Tensor4D
    const reference = tf.transpose(tf.conv2d(tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D, w, 1, 'same'), [0, 3, 1, 2])
    return tf.getBackend() === 'cpu' ? reference : tf.conv2d(x as tf.Tensor4D, w, 1, 'same', 'NCHW')
  })
  same('fused with bias and activation', () =>
    tf.fused.conv2d({
      x: values([2, 5, 5, 3]) as tf.Tensor4D,
      filter: values([3, 3, 3, 4], 2) as tf.Tensor4D,
      strides: 1,
      pad: 'same',
      bias: values([4], 3),
      activation: 'relu',
    }),
  )
  same('depthwise, NCHW in tfjs terms, with its gradients', () => {
    const [x, w] = [values([2, 3, 5, 6]), values([3, 2, 3, 2], 2) as tf.Tensor4D]
    const nhwc = (image: tf.Tensor): tf.Tensor4D => tf.transpose(image, [0, 2, 3, 1]) as tf.Tensor4D
    const f = (image: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
      tf.getBackend() === 'cpu'
        ? tf.transpose(tf.depthwiseConv2d(nhwc(image), filter as tf.Tensor4D, 2, 'same'), [0, 3, 1, 2])
        : tf.depthwiseConv2d(image as tf.Tensor4D, filter as tf.Tensor4D, 2, 'same', 'NCHW')
    const y = f(x, w)
    return [y, ...tf.grads(f)([x, w], values(y.shape, 7))]
  })
  same('depthwise', () =>
    tf.depthwiseConv2d(values([2, 5, 5, 3]) as tf.Tensor4D, values([3, 3, 3, 2], 2) as tf.Tensor4D, 1, 'same'),
  )
})

describe('pooling and resizing', () => {
  withGradients(
    'avgPool 2×2',
    x => tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid'),
    () => [values([2, 6, 4, 3])],
  )
  same('avgPool 3×3 same', () => tf.avgPool(values([2, 5, 5, 3]) as tf.Tensor4D, 3, 2, 'same'))
  same('maxPool', () => tf.maxPool(values([2, 6, 6, 3]) as tf.Tensor4D, 3, 2, 'same'))
  same('nearest neighbour ×2', () => tf.image.resizeNearestNeighbor(values([2, 3, 4, 5]) as tf.Tensor4D, [6, 8]))
  it('the gradient of nearest neighbour is its adjoint', async () => {
    // the cpu backend's own gradient of it is wrong for images that are not square
    const { onnx } = await onBoth(() => {
      const x = values([2, 3, 4, 5], 1) as tf.Tensor4D
      const dy = values([2, 6, 8, 5], 2)
      const enlarge = (image: tf.Tensor): tf.Tensor => tf.image.resizeNearestNeighbor(image as tf.Tensor4D, [6, 8])
      return [tf.sum(tf.mul(enlarge(x), dy)), tf.sum(tf.mul(x, tf.grad(enlarge)(x, dy)))]
    })
    expect(difference(onnx[0]?.values ?? [], onnx[1]?.values ?? [1])).toBeLessThan(1e-5)
  })
})
