/** Depthwise convolutions, which have separate filters per channel, as grouped convolutions in NCHW. */

import { backend_util } from '@tensorflow/tfjs-core'
import type { Shape } from '../graph/layout.ts'
import { emit, integers, reshaped, type Value } from '../graph/value.ts'
import { castTo, inLayout, type Lazy, rowMajor, rowMajorValue } from '../lazy.ts'
import type { Call, KernelFunction, KernelTable } from './call.ts'
import { apply } from './elementwise.ts'
import { finish } from './matmul.ts'
import { attributesOf, channelsLast, spatial, spreadOver, taps, type Windows, windowsOf } from './window.ts'

interface Depthwise extends Windows {
  /** Conversion between images of tfjs and values in NCHW. */
  readonly read: (x: Lazy) => Value
  readonly write: (value: Value) => Lazy
}

function depthwise(call: Call, shapes: { input: Shape; filter: Shape }): Depthwise {
  const first = call.attribute<string | undefined>('dataFormat') === 'NCHW'
  const info = backend_util.computeConv2DInfo(
    [...shapes.input] as [number, number, number, number],
    [...shapes.filter] as [number, number, number, number],
    call.attribute('strides'),
    call.attribute<number | undefined>('dilations') ?? 1,
    call.attribute('pad'),
    call.attribute('dimRoundingMode'),
    true,
    first ? 'channelsFirst' : 'channelsLast',
  )
  const format = first
    ? { read: (x: Lazy) => castTo(rowMajorValue(x), 'float32'), write: (value: Value) => rowMajor(value) }
    : { read: spatial, write: channelsLast }
  return { ...windowsOf(info), ...format }
}

/** [H, W, I, M] -> [I·M, 1, H, W], one filter per output channel */
function grouped(filter: Lazy): Value {
  const [height, width, channels, multiplier] = filter.shape as [number, number, number, number]
  return reshaped(castTo(inLayout(filter, [2, 3, 0, 1]), 'float32'), [channels * multiplier, 1, height, width])
}

const forward: KernelFunction = call => {
  const [x, filter] = [call.input('x'), call.input('filter')]
  const geometry = depthwise(call, { input: x.shape, filter: filter.shape })
  const { batch, inChannels, outChannels, output, read, write } = geometry
  const attributes = { ...attributesOf(geometry), group: inChannels }
  return write(emit('Conv', [read(x), grouped(filter)], { shape: [batch, outChannels, ...output], attributes }))
}

const inputGradient: KernelFunction = call => {
  const [dy, filter] = [call.input('dy'), call.input('filter')]
  const geometry = depthwise(call, { input: call.attribute('inputShape'), filter: filter.shape })
  const { inChannels, read, write } = geometry
  return write(spreadOver(read(dy), grouped(filter), geometry, inChannels))
}

/** For each tap, the gradient times the input of the tap, summed over images and pixels. */
const filterGradient: KernelFunction = call => {
  const [x, dy] = [call.input('x'), call.input('dy')]
  const shape = call.attribute<number[]>('filterShape')
  const geometry = depthwise(call, { input: x.shape, filter: shape })
  const { batch, inChannels, outChannels, output, read } = geometry
  const multiplier = outChannels / inChannels
  const pixels = output.reduce((product, size) => product * size, 1)
  const slopes = reshaped(read(dy), [batch, inChannels, multiplier, pixels])
  const sums = taps(read(x), geometry).map(seen => {
    const product = apply('Mul', slopes, reshaped(seen, [batch, inChannels, 1, pixels]))
    const sum = emit('ReduceSum', [product, integers([0, 3])], {
      shape: [inChannels, multiplier],
      attributes: { keepdims: 0 },
    })
    return reshaped(sum, [1, inChannels, multiplier])
  })
  const all = emit('Concat', sums, { shape: [sums.length, inChannels, multiplier], attributes: { axis: 0 } })
  return rowMajor(reshaped(all, shape))
}

export const depthwiseKernels: KernelTable = {
  DepthwiseConv2dNative: forward,
  FusedDepthwiseConv2D: call => finish(call, forward(call) as Lazy),
  DepthwiseConv2dNativeBackpropInput: inputGradient,
  DepthwiseConv2dNativeBackpropFilter: filterGradient,
}
