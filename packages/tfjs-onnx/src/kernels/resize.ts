/**
 * Resizing of images. It is linear and separable: rows of the result are rows of the image times one small matrix,
 * columns times another, and the gradient is the same with both transposed. The matrices depend on sizes and conventions
 * only, follow tfjs's own (which differ from ONNX's at the edges), and are fed rather than part of the graph.
 */

import type { Shape } from '../graph/layout.ts'
import { emit, fed, scalar, transposed, type Value } from '../graph/value.ts'
import { inLayout, type Lazy } from '../lazy.ts'
import type { Call, KernelFunction, KernelTable } from './call.ts'
import { constantVector } from './create.ts'
import { apply } from './elementwise.ts'
import { enlarge } from './pooling.ts'
import { channelsFirst, channelsLast, spatial } from './window.ts'

interface Convention {
  readonly alignCorners: boolean
  readonly halfPixelCenters: boolean
}

/** One dimension that is resized. */
interface Sizes {
  readonly from: number
  readonly to: number
}

const conventionOf = (call: Call): Convention => ({
  alignCorners: call.attribute<boolean>('alignCorners') === true,
  halfPixelCenters: call.attribute<boolean>('halfPixelCenters') === true,
})

const stepOf = ({ from, to }: Sizes, { alignCorners }: Convention): number =>
  alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to

/** The source of each element of the result. */
function nearest(sizes: Sizes, convention: Convention): number[] {
  const step = stepOf(sizes, convention)
  return Array.from({ length: sizes.to }, (_, i) => {
    const source = step * (convention.halfPixelCenters ? i + 0.5 : i)
    return Math.min(sizes.from - 1, convention.alignCorners ? Math.round(source) : Math.floor(source))
  })
}

/** A matrix of [to, from] by the entries of its rows. */
function matrix({ from, to }: Sizes, entries: (row: number) => readonly (readonly [number, number])[]): Float32Array {
  const data = new Float32Array(to * from)
  for (let row = 0; row < to; row++) {
    for (const [column, weight] of entries(row))
      data[row * from + column] = (data[row * from + column] as number) + weight
  }
  return data
}

const kinds = {
  nearest(sizes: Sizes, convention: Convention): Float32Array {
    const sources = nearest(sizes, convention)
    return matrix(sizes, row => [[sources[row] as number, 1]])
  },
  bilinear(sizes: Sizes, convention: Convention): Float32Array {
    const step = stepOf(sizes, convention)
    return matrix(sizes, row => {
      const source = convention.halfPixelCenters ? step * (row + 0.5) - 0.5 : step * row
      const [low, high] = [Math.max(0, Math.floor(source)), Math.min(sizes.from - 1, Math.ceil(source))]
      const weight = source - low
      return [
        [low, 1 - weight],
        [high, weight],
      ]
    })
  },
} as const

const matrices = new Map<string, Float32Array>()
const mostMatrices = 100

function matrixOf(kind: keyof typeof kinds, sizes: Sizes, convention: Convention): Value {
  const key = `${kind} ${sizes.from} ${sizes.to} ${convention.alignCorners} ${convention.halfPixelCenters}`
  const data = matrices.get(key) ?? kinds[kind](sizes, convention)
  if (matrices.size < mostMatrices) matrices.set(key, data)
  return fed([sizes.to, sizes.from], 'float32', data)
}

/** Rows times one matrix, columns times the other; with `back`, times their transposes. */
function bothWays(x: Value, [rows, columns]: readonly [Value, Value], back: boolean): Value {
  const turned = (m: Value): Value => transposed(m, [1, 0])
  const [left, right] = back ? [turned(rows), columns] : [rows, turned(columns)]
  const [n, c, h] = x.shape as [number, number, number, number]
  const [height, width] = [left.shape[0] as number, right.shape[1] as number]
  const wide = emit('MatMul', [x, right], { shape: [n, c, h, width] })
  return emit('MatMul', [left, wide], { shape: [n, c, height, width] })
}

function dimensions(from: Shape, to: readonly number[]): readonly [Sizes, Sizes] {
  const [, height, width] = from as [number, number, number, number]
  return [
    { from: height, to: to[0] as number },
    { from: width, to: to[1] as number },
  ]
}

/** How often each pixel is repeated, if that is all: enlargement by whole numbers. */
function repeats(sizes: readonly Sizes[], { alignCorners }: Convention): number[] | null {
  const times = sizes.map(({ from, to }) => to / from)
  return !alignCorners && times.every(Number.isInteger) ? times : null
}

const resizeBilinear: KernelFunction = call => {
  const images = call.input('images')
  const convention = conventionOf(call)
  const [rows, columns] = dimensions(images.shape, call.attribute('size'))
  const pair = [matrixOf('bilinear', rows, convention), matrixOf('bilinear', columns, convention)] as const
  return channelsLast(bothWays(spatial(images), pair, false))
}

const resizeNearest: KernelFunction = call => {
  const images = call.input('images')
  const convention = conventionOf(call)
  const sizes = dimensions(images.shape, call.attribute('size'))
  const value = inLayout(images, channelsFirst(4))
  const times = repeats(sizes, convention)
  const resized = times === null ? chosen(value, sizes, convention) : enlarge(value, times)
  return { ...channelsLast(resized), dtype: images.dtype }
}

const chosen = (x: Value, sizes: readonly Sizes[], convention: Convention): Value =>
  sizes.reduce<Value>((value, size, i) => {
    const positions = constantVector(nearest(size, convention), 'int32')
    return emit('Gather', [value, positions], { shape: value.shape.with(i + 2, size.to), attributes: { axis: i + 2 } })
  }, x)

const gradient =
  (kind: keyof typeof kinds): KernelFunction =>
  call => {
    const images = call.input('images')
    const dy = call.input('dy')
    const convention = conventionOf(call)
    const sizes = dimensions(images.shape, dy.shape.slice(1, 3))
    const times = kind === 'nearest' ? repeats(sizes, convention) : null
    if (times !== null) return sumOfRepeats(images, spatial(dy), times)
    const [rows, columns] = sizes
    const pair = [matrixOf(kind, rows, convention), matrixOf(kind, columns, convention)] as const
    return channelsLast(bothWays(spatial(dy), pair, true))
  }

function sumOfRepeats(images: Lazy, dy: Value, [rows, columns]: readonly number[]): Lazy {
  const [n, h, w, c] = images.shape as [number, number, number, number]
  const window = [rows as number, columns as number]
  const means = emit('AveragePool', [dy], {
    shape: [n, c, h, w],
    attributes: { kernel_shape: window, strides: window },
  })
  return channelsLast(apply('Mul', means, scalar((rows as number) * (columns as number))))
}

export const resizeKernels: KernelTable = {
  ResizeBilinear: resizeBilinear,
  ResizeBilinearGrad: gradient('bilinear'),
  ResizeNearestNeighbor: resizeNearest,
  ResizeNearestNeighborGrad: gradient('nearest'),
}
