/** Pooling and resizing of images, in NCHW, with the gradients that networks of this kind need. */

import { backend_util } from '@tensorflow/tfjs-core'
import type { Order, Shape } from '../graph/order.ts'
import { emit, integers, reshaped, scalar, type Value } from '../graph/value.ts'
import { castTo, inOrder, type Lazy } from '../lazy.ts'
import type { Call, KernelFunction, KernelTable } from './call.ts'

const nhwcAsNchw: Order = [0, 3, 1, 2]
const nchw = (x: Lazy): Value => castTo(inOrder(x, nhwcAsNchw), 'float32')

function image(value: Value): Lazy {
  const [n, c, h, w] = value.shape as [number, number, number, number]
  return { shape: [n, h, w, c], dtype: 'float32', order: nhwcAsNchw, value }
}

function poolInfo(call: Call, shape: Shape, kind: 'avg' | 'max'): backend_util.Conv2DInfo {
  return backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    call.attribute('filterSize'),
    call.attribute('strides'),
    1,
    call.attribute('pad'),
    call.attribute('dimRoundingMode'),
    kind === 'avg' ? 'channelsLast' : 'channelsLast',
  )
}

const pool =
  (op: 'AveragePool' | 'MaxPool'): KernelFunction =>
  call => {
    const x = call.input('x')
    const info = poolInfo(call, x.shape, op === 'AveragePool' ? 'avg' : 'max')
    const { top, left, bottom, right } = info.padInfo
    const value = emit(op, [nchw(x)], {
      shape: [info.batchSize, info.inChannels, info.outHeight, info.outWidth],
      attributes: {
        kernel_shape: [info.filterHeight, info.filterWidth],
        strides: [info.strideHeight, info.strideWidth],
        pads: [top, left, bottom, right],
      },
    })
    return image(value)
  }

/** Windows that tile the image exactly: each pixel of the gradient spreads over its own window. */
const averagePoolGradient: KernelFunction = call => {
  const dy = call.input('dy')
  const input = call.input('input')
  const info = poolInfo(call, input.shape, 'avg')
  const { strideHeight: rows, strideWidth: columns } = info
  const tiles = info.outHeight * rows === info.inHeight && info.outWidth * columns === info.inWidth
  if (info.filterHeight !== rows || info.filterWidth !== columns || !tiles) {
    throw call.refuse(
      `windows of ${info.filterHeight}×${info.filterWidth} with strides ${rows}×${columns} overlap or do not tile ${info.inHeight}×${info.inWidth}`,
      'use windows that are as large as the stride and divide the image, or a convolution with a constant filter',
    )
  }
  const share = emit('Div', [nchw(dy), scalar(rows * columns)], { shape: nchw(dy).shape })
  return image(enlarge(share, rows, columns))
}

/** Repeats each pixel `rows` × `columns` times. */
function enlarge(x: Value, rows: number, columns: number): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const spread = reshaped(x, [n, c, h, 1, w, 1])
  const shape = [n, c, h, rows, w, columns]
  return reshaped(emit('Expand', [spread, integers(shape)], { shape }), [n, c, h * rows, w * columns])
}

interface Scale {
  readonly rows: number
  readonly columns: number
}

/** Whole-number enlargement, the only resizing by nearest neighbour whose every convention agrees. */
function wholeScale(call: Call, from: Shape, to: readonly [number, number]): Scale {
  const rows = to[0] / (from[1] as number)
  const columns = to[1] / (from[2] as number)
  if (!Number.isInteger(rows) || !Number.isInteger(columns) || call.attribute('alignCorners') === true) {
    throw call.refuse(
      `resizing ${from[1]}×${from[2]} to ${to[0]}×${to[1]} is not an enlargement by whole numbers`,
      'enlarge by whole numbers with alignCorners off',
    )
  }
  return { rows, columns }
}

const resizeNearest: KernelFunction = call => {
  const images = call.input('images')
  const scale = wholeScale(call, images.shape, call.attribute('size'))
  return image(enlarge(nchw(images), scale.rows, scale.columns))
}

const resizeNearestGradient: KernelFunction = call => {
  const images = call.input('images')
  const dy = call.input('dy')
  const scale = wholeScale(call, images.shape, [dy.shape[1] as number, dy.shape[2] as number])
  const [n, h, w, c] = images.shape as [number, number, number, number]
  const windows = reshaped(nchw(dy), [n, c, h, scale.rows, w, scale.columns])
  const value = emit('ReduceSum', [windows, integers([3, 5])], { shape: [n, c, h, w], attributes: { keepdims: 0 } })
  return image(value)
}

export const imageKernels: KernelTable = {
  AvgPool: pool('AveragePool'),
  MaxPool: pool('MaxPool'),
  AvgPoolGrad: averagePoolGradient,
  ResizeNearestNeighbor: resizeNearest,
  ResizeNearestNeighborGrad: resizeNearestGradient,
}
