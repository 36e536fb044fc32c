/** Gradients of products, convolutions, pools and resizing against finite differences: odd sizes, size 1, strides, dilations, all paddings. */

import * as tf from '@tensorflow/tfjs-core'
import { aboveOne, apart, describeGradients, type GradientCase, smooth } from '../fixtures/finite-differences.ts'
import { networkRules } from './networks.ts'

type T = tf.Tensor
type Pad = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding

const run = (kernel: string, inputs: Record<string, T>, attributes: object): T =>
  tf.engine().runKernel(kernel, inputs, attributes as never) as T

/** Transposed in any way, by itself and in batches, one of them broadcast. */
const products: GradientCase[] = [
  ...[false, true].flatMap(ta =>
    [false, true].map(tb => ({
      f: (a?: T, b?: T) => tf.matMul(a as T, b as T, ta, tb),
      shapes: [ta ? [5, 3] : [3, 5], tb ? [4, 5] : [5, 4]],
    })),
  ),
  {
    f: (a, b) => tf.matMul(a as T, b as T),
    shapes: [
      [2, 3, 5],
      [2, 5, 1],
    ],
  },
  {
    f: (a, b) => tf.matMul(a as T, b as T),
    shapes: [
      [2, 3, 5],
      [1, 5, 4],
    ],
  },
  {
    f: (a, b) => tf.matMul(tf.transpose(a as T), b as T),
    shapes: [
      [5, 1],
      [5, 4],
    ],
  },
]

const sums = (equation: string, ...shapes: number[][]): GradientCase => ({
  f: (...x) => tf.einsum(equation, ...x),
  shapes,
})

interface Geometry {
  readonly size: [number, number]
  readonly filter: [number, number]
  readonly strides?: number | [number, number]
  readonly dilations?: number
  readonly pad?: Pad
  readonly channels?: [number, number]
}

const explicit: Pad = [
  [0, 0],
  [1, 2],
  [0, 1],
  [0, 0],
]

const geometries: readonly Geometry[] = [
  { size: [5, 7], filter: [3, 3] },
  { size: [5, 4], filter: [3, 2], pad: 'valid' },
  { size: [4, 4], filter: [1, 1] },
  { size: [7, 5], filter: [3, 3], strides: 2 },
  { size: [8, 6], filter: [3, 3], strides: 2 },
  { size: [7, 6], filter: [2, 3], strides: [1, 2], pad: 'valid' },
  { size: [5, 5], filter: [1, 1], strides: 2 },
  { size: [7, 7], filter: [3, 3], dilations: 2 },
  { size: [7, 6], filter: [2, 2], dilations: 3, pad: 'valid' },
  { size: [4, 5], filter: [2, 2], pad: 1 },
  { size: [4, 3], filter: [1, 1], pad: 1 },
  { size: [5, 4], filter: [3, 2], pad: explicit },
  { size: [1, 1], filter: [3, 3], channels: [1, 1] },
  { size: [3, 3], filter: [3, 3], pad: 'valid', channels: [2, 1] },
]

const convolutions = (f: (x: T, w: T, g: Required<Geometry>) => T, depthwise = false): GradientCase[] =>
  geometries
    .map(geometry => ({
      strides: 1,
      dilations: 1,
      pad: 'same' as Pad,
      channels: [2, 3] as [number, number],
      ...geometry,
    }))
    // tfjs checks that these kernels do not mix strides along height and width
    .filter(({ strides }) => !depthwise || typeof strides === 'number')
    .map(geometry => ({
      f: (x, w) => f(x as T, w as T, geometry),
      shapes: [
        [2, ...geometry.size, geometry.channels[0]],
        [...geometry.filter, geometry.channels[0], geometry.channels[1]],
      ],
    }))

const geometriesIn3D: readonly { size: number[]; filter: number[]; strides?: number; pad?: 'same' | 'valid' }[] = [
  { size: [3, 4, 5], filter: [2, 3, 2] },
  { size: [4, 3, 3], filter: [2, 2, 2], strides: 2, pad: 'valid' },
  { size: [5, 4, 3], filter: [3, 3, 1], strides: 2 },
  { size: [1, 1, 1], filter: [1, 1, 1] },
]

interface Pool {
  readonly size: number[]
  readonly window: number
  readonly strides?: number
  readonly pad?: Pad
}

const pools: readonly Pool[] = [
  { size: [4, 6], window: 2, strides: 2, pad: 'valid' },
  { size: [5, 3], window: 2, strides: 2 },
  { size: [5, 4], window: 3, strides: 1 },
  { size: [7, 5], window: 3, strides: 2 },
  { size: [5, 5], window: 3, strides: 1, pad: 'valid' },
  { size: [5, 4], window: 3, strides: 2, pad: 1 },
  { size: [4, 3], window: 3, strides: 1, pad: explicit },
  { size: [5, 7], window: 2, strides: 3, pad: 'valid' },
  { size: [1, 1], window: 2, strides: 1 },
]

const pooling = (f: (x: T, pool: Required<Pool>) => T): GradientCase[] =>
  pools.map(pool => ({
    f: x => f(x as T, { strides: 1, pad: 'same', ...pool }),
    shapes: [[2, ...pool.size, 2]],
    draw: apart,
  }))

const poolingIn3D = (f: (x: T, window: number, strides: number, pad: 'same' | 'valid') => T): GradientCase[] => [
  { f: x => f(x as T, 2, 2, 'valid'), shapes: [[1, 4, 2, 4, 2]], draw: apart },
  { f: x => f(x as T, 2, 1, 'same'), shapes: [[2, 3, 3, 2, 1]], draw: apart },
  { f: x => f(x as T, 3, 2, 'same'), shapes: [[1, 5, 3, 4, 1]], draw: apart },
]

type Resize = (x: tf.Tensor4D, size: [number, number], alignCorners?: boolean, halfPixel?: boolean) => tf.Tensor

const resizing = (resize: Resize): GradientCase[] =>
  [[6, 10] as const, [2, 3] as const, [5, 4] as const, [7, 1] as const].flatMap(size =>
    [[false, false] as const, [true, false] as const, [false, true] as const].map(([align, half]) => ({
      f: (x?: T) => resize(x as tf.Tensor4D, [...size], align, half),
      shapes: [[2, 3, 5, 2]],
    })),
  )

const norm: GradientCase['f'] = (x, mean, variance, scale, offset) =>
  tf.batchNorm(x as T, mean as tf.Tensor1D, variance as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D, 0.01)

const dilations: GradientCase[] = ([1, 2] as const).flatMap(strides =>
  (['same', 'valid'] as const).map(pad => ({
    f: (x?: T, w?: T) => tf.dilation2d(x as tf.Tensor4D, w as tf.Tensor3D, strides, pad),
    shapes: [
      [1, 5, 4, 2],
      [2, 3, 2],
    ],
    draw: [apart, (shape, seed) => tf.mul(smooth(shape, seed), 0.01)],
  })),
)

describeGradients(networkRules, {
  BatchMatMul: products,
  Einsum: [
    sums('ij,jk->ik', [2, 3], [3, 4]),
    sums('bij,bkj->bik', [2, 3, 5], [2, 1, 5]),
    sums('ijk->kj', [2, 3, 4]),
    sums('ij,ij->', [3, 2], [3, 2]),
    sums('ij,kl->ik', [2, 3], [4, 2]),
    sums('abc,cd->abd', [2, 1, 3], [3, 2]),
  ],
  Conv2D: convolutions((x, w, { strides, pad, dilations }) =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad, 'NHWC', dilations),
  ),
  Conv2DBackpropInput: [1, 2].flatMap(strides =>
    (['same', 'valid'] as const).map(pad => {
      const out = pad === 'same' ? [3 * strides - (strides - 1), 2 * strides] : [2 * strides + 3, strides + 2]
      return {
        f: (dy?: T, w?: T) =>
          tf.conv2dTranspose(dy as tf.Tensor4D, w as tf.Tensor4D, [2, ...out, 3] as never, strides, pad),
        shapes: [
          [2, 3, 2, 2],
          [3, 2, 3, 2],
        ],
      }
    }),
  ),
  Conv2DBackpropFilter: convolutions((x, w, { strides, pad, dilations, filter, channels }) => {
    const dy = tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad, 'NHWC', dilations)
    const attributes = { strides, pad, dilations, dataFormat: 'NHWC', filterShape: [...filter, ...channels] }
    return run(tf.Conv2DBackpropFilter, { x: tf.sin(x), dy }, attributes)
  }),
  DepthwiseConv2dNative: convolutions(
    (x, w, { strides, pad, dilations }) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides as number, pad as 'same', 'NHWC', dilations),
    true,
  ),
  Conv3D: geometriesIn3D.map(({ size, filter, strides = 1, pad = 'same' }) => ({
    f: (x, w) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, strides, pad),
    shapes: [
      [2, ...size, 2],
      [...filter, 2, 3],
    ],
  })),
  Dilation2D: dilations,
  AvgPool: pooling((x, { window, strides, pad }) => tf.avgPool(x as tf.Tensor4D, window, strides, pad)),
  MaxPool: pooling((x, { window, strides, pad }) => tf.maxPool(x as tf.Tensor4D, window, strides, pad)),
  AvgPool3D: poolingIn3D((x, window, strides, pad) => tf.avgPool3d(x as tf.Tensor5D, window, strides, pad)),
  MaxPool3D: poolingIn3D((x, window, strides, pad) => tf.maxPool3d(x as tf.Tensor5D, window, strides, pad)),
  ResizeNearestNeighbor: resizing((...x) => tf.image.resizeNearestNeighbor(...x)),
  ResizeBilinear: resizing((...x) => tf.image.resizeBilinear(...x)),
  FusedBatchNorm: [
    { f: norm, shapes: [[2, 3, 5, 4], [4], [4], [4], [4]], draw: [smooth, smooth, aboveOne, smooth, smooth] },
    { f: norm, shapes: [[1, 1, 1, 1], [1], [1], [1], [1]], draw: [smooth, smooth, aboveOne, smooth, smooth] },
    {
      f: norm,
      shapes: [
        [2, 1, 2, 3],
        [2, 1, 2, 3],
        [2, 1, 2, 3],
        [2, 1, 2, 3],
        [2, 1, 2, 3],
      ],
      draw: [smooth, smooth, aboveOne, smooth, smooth],
    },
  ],
  LRN: [
    { f: x => tf.localResponseNormalization(x as tf.Tensor4D, 1, 1, 0.5, 0.75), shapes: [[1, 2, 3, 5]] },
    { f: x => tf.localResponseNormalization(x as tf.Tensor4D, 5, 2, 1, 0.5), shapes: [[2, 1, 1, 3]] },
  ],
})
