/** Convolutions of volumes and their gradients, in NCDHW with OIDHW filters. */

import { backend_util } from '@tensorflow/tfjs-core'
import type { Layout, Shape } from '../graph/layout.ts'
import { emit, integers, reshaped, transposed, type Value } from '../graph/value.ts'
import { castTo, inLayout, type Lazy } from '../lazy.ts'
import type { Call, KernelFunction, KernelTable } from './call.ts'
import { attributesOf, channelsLast, spatial, spreadOver, taps, type Windows, windowsOf } from './window.ts'

type Shape5D = [number, number, number, number, number]

const outputsFirst: Layout = [4, 3, 0, 1, 2]
const oidhw = (filter: Lazy): Value => castTo(inLayout(filter, outputsFirst), 'float32')

const windows = (call: Call, shapes: { input: Shape; filter: Shape }): Windows =>
  windowsOf(
    backend_util.computeConv3DInfo(
      [...shapes.input] as Shape5D,
      [...shapes.filter] as Shape5D,
      call.attribute('strides'),
      call.attribute<number | undefined>('dilations') ?? 1,
      call.attribute('pad'),
    ),
  )

const forward: KernelFunction = call => {
  const [x, filter] = [call.input('x'), call.input('filter')]
  const geometry = windows(call, { input: x.shape, filter: filter.shape })
  const shape = [geometry.batch, geometry.outChannels, ...geometry.output]
  return channelsLast(emit('Conv', [spatial(x), oidhw(filter)], { shape, attributes: attributesOf(geometry) }))
}

const inputGradient: KernelFunction = call => {
  const [dy, filter] = [call.input('dy'), call.input('filter')]
  const geometry = windows(call, { input: call.attribute('inputShape'), filter: filter.shape })
  return channelsLast(spreadOver(spatial(dy), oidhw(filter), geometry))
}

/** For each tap, the product of the gradient with the input as that tap saw it. */
const filterGradient: KernelFunction = call => {
  const [x, dy] = [call.input('x'), call.input('dy')]
  const shape = call.attribute<number[]>('filterShape')
  const geometry = windows(call, { input: x.shape, filter: shape })
  const { batch, inChannels, outChannels, output, filter } = geometry
  const positions = output.reduce((product, size) => product * size, 1)
  const slopes = reshaped(spatial(dy), [batch, outChannels, positions])
  const sums = taps(spatial(x), geometry).map(seen => {
    const columns = transposed(reshaped(seen, [batch, inChannels, positions]), [0, 2, 1])
    const product = emit('MatMul', [slopes, columns], { shape: [batch, outChannels, inChannels] })
    const attributes = { keepdims: 1 }
    return emit('ReduceSum', [product, integers([0])], { shape: [1, outChannels, inChannels], attributes })
  })
  const all = emit('Concat', sums, { shape: [sums.length, outChannels, inChannels], attributes: { axis: 0 } })
  return {
    shape,
    dtype: 'float32',
    layout: [0, 1, 2, 4, 3],
    value: reshaped(all, [...filter, outChannels, inChannels]),
  }
}

export const convolution3dKernels: KernelTable = {
  Conv3D: forward,
  Conv3DBackpropInputV2: inputGradient,
  Conv3DBackpropFilterV2: filterGradient,
}
