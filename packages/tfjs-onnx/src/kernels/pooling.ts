/**
 * Pools of images and volumes and their gradients: an average distributes its gradient evenly over its window, a maximum passes it to the
 * first largest element.
 */

import { backend_util, util } from '@tensorflow/tfjs-core'
import { type Shape, sizeOf } from '../graph/layout.ts'
import { emit, emitAll, filled, integers, reshaped, scalar, type Value } from '../graph/value.ts'
import { castTo } from '../lazy.ts'
import type { Call, KernelFunction, KernelTable } from './call.ts'
import { constantVector } from './create.ts'
import { apply } from './elementwise.ts'
import { attributesOf, channelsLast, paddingAfter, spatial, spreadOver, type Windows, windowsOf } from './window.ts'

function poolWindows(call: Call, shape: Shape): Windows {
  const [filter, strides, pad] = ['filterSize', 'strides', 'pad'].map(name => call.attribute<number>(name)) as [
    number,
    number,
    number,
  ]
  const rounding = call.attribute<'floor' | 'round' | 'ceil' | undefined>('dimRoundingMode')
  const compute = shape.length === 5 ? backend_util.computePool3DInfo : backend_util.computePool2DInfo
  return windowsOf(compute([...shape] as never, filter, strides, 1, pad, rounding))
}

/** ONNX Runtime rejects windows that may be entirely in the padding. */
const isPoolable = (windows: Windows): boolean => {
  const after = paddingAfter(windows)
  return windows.filter.every((size, i) => (windows.before[i] as number) < size && (after[i] as number) < size)
}

const isIdentity = ({ filter, input, output }: Windows): boolean =>
  filter.every(size => size === 1) && util.arraysEqual([...input], [...output])

const pooled = ({ batch, inChannels, output }: Windows): Shape => [batch, inChannels, ...output]

const poolAttributes = (windows: Windows, op: 'AveragePool' | 'MaxPool') => {
  const { dilations, ...attributes } = attributesOf(windows)
  return { ...attributes, ...(op === 'MaxPool' ? { dilations } : {}), kernel_shape: windows.filter }
}

const pool =
  (op: 'AveragePool' | 'MaxPool'): KernelFunction =>
  call => {
    const x = call.input('x')
    const windows = poolWindows(call, x.shape)
    if (isIdentity(windows)) return { ...x }
    if (!isPoolable(windows)) return null
    const value = emit(op, [spatial(x)], { shape: pooled(windows), attributes: poolAttributes(windows, op) })
    return { ...channelsLast(castTo(value, x.dtype)), dtype: x.dtype }
  }

// ---- gradients -----------------------------------------------------------------------------------------------------

const averageGradient: KernelFunction = call => {
  const input = call.input('input')
  const windows = poolWindows(call, input.shape)
  const dy = spatial(call.input('dy'))
  const { batch, inChannels, filter, output } = windows
  if (isTiling(windows)) {
    const spread = apply('Div', dy, scalar(sizeOf(filter)))
    return channelsLast(enlarge(spread, filter))
  }
  // every channel of every image becomes an image, convolved with a filter of ones
  const rows = reshaped(sharesOf(dy, windows), [batch * inChannels, 1, ...output])
  const ones = filled([1, 1, ...filter], 1, 'float32')
  const spread = spreadOver(rows, ones, { ...windows, batch: batch * inChannels, inChannels: 1, outChannels: 1 })
  return channelsLast(reshaped(spread, [batch, inChannels, ...windows.input]))
}

/** Whether the windows tile the input exactly. */
const isTiling = ({ filter, strides, input, output, before }: Windows): boolean =>
  filter.every((size, i) => size === strides[i] && (output[i] as number) * size === input[i] && before[i] === 0)

/** Repeats each element as often as `times` says, along each spatial dimension. */
export function enlarge(x: Value, times: readonly number[]): Value {
  const [n, c, ...sizes] = x.shape as [number, number, ...number[]]
  if (x.type === 'float32' && sizes.length === 2) return enlargeImages(x, times)
  const spread = reshaped(x, [n, c, ...sizes.flatMap(size => [size, 1])])
  const shape = [n, c, ...sizes.flatMap((size, i) => [size, times[i] as number])]
  const repeated = emit('Expand', [spread, integers(shape)], { shape })
  return reshaped(repeated, [n, c, ...sizes.map((size, i) => size * (times[i] as number))])
}

/** Twenty times as fast as Expand over dimensions of six. */
function enlargeImages(x: Value, times: readonly number[]): Value {
  const shape = x.shape.map((size, i) => size * (times[i - 2] ?? 1))
  const scales = constantVector([1, 1, ...times], 'float32')
  const attributes = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
  return emit('Resize', [x, null, scales], { shape, attributes })
}

/** `dy` by the number of elements under each window: fewer at the edges, where padding does not count. */
function sharesOf(dy: Value, windows: Windows): Value {
  return windows.output.reduce<Value>((quotient, size, i) => {
    const counts = Array.from({ length: size }, (_, at) => elementsUnder(windows, i, at))
    const shape = [size, ...windows.output.slice(i + 1).map(() => 1)]
    const same = counts.every(count => count === counts[0])
    return apply('Div', quotient, same ? scalar(counts[0]!) : { ...constantVector(counts, 'float32'), shape })
  }, dy)
}

function elementsUnder({ input, filter, strides, before }: Windows, i: number, at: number): number {
  const first = at * (strides[i] as number) - (before[i] as number)
  return Math.min(first + (filter[i] as number), input[i] as number) - Math.max(first, 0)
}

const maximumGradient: KernelFunction = call => {
  const input = call.input('input')
  const windows = poolWindows(call, input.shape)
  if (!isPoolable(windows)) return null
  const dy = spatial(call.input('dy'))
  const shape = pooled(windows)
  const [, positions] = emitAll({
    op: 'MaxPool',
    inputs: [spatial(input)],
    attributes: poolAttributes(windows, 'MaxPool'),
    outputs: [
      { shape, type: 'float32' },
      { shape, type: 'int64' },
    ],
  }) as [Value, Value]
  const { batch, inChannels, input: sizes } = windows
  const whole = [batch, inChannels, ...sizes]
  const zeros = filled([sizeOf(whole)], 0, 'float32')
  const flat = (value: Value): Value => reshaped(value, [sizeOf(shape)])
  const attributes = { axis: 0, reduction: 'add' }
  const sums = emit('ScatterElements', [zeros, flat(positions), flat(dy)], { shape: zeros.shape, attributes })
  return channelsLast(reshaped(sums, whole))
}

const [average, maximum] = [pool('AveragePool'), pool('MaxPool')]

export const poolingKernels: KernelTable = {
  AvgPool: average,
  AvgPool3D: average,
  MaxPool: maximum,
  MaxPool3D: maximum,
  AvgPoolGrad: averageGradient,
  AvgPool3DGrad: averageGradient,
  MaxPoolGrad: maximumGradient,
  MaxPool3DGrad: maximumGradient,
}
