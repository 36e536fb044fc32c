/** Batch norm with given moments, and local response normalization over neighbouring channels. */

import { emit, reshaped, scalar, type Value } from '../graph/value.ts'
import type { Lazy } from '../lazy.ts'
import type { Call, KernelFunction, KernelTable } from './call.ts'
import { apply, combine } from './elementwise.ts'
import { channelsLast, spatial } from './window.ts'

/** (x − mean) · scale / √(variance + ε) + offset; the small tensors are combined first. */
const batchNorm: KernelFunction = call => {
  const [scale, offset] = [call.optional('scale'), call.optional('offset')]
  const epsilon = scalar(call.attribute<number>('varianceEpsilon'))
  const inverse = combine([call.input('variance')], ([v]) =>
    apply('Reciprocal', apply('Sqrt', apply('Add', v as Value, epsilon))),
  )
  const join = (op: string, a: Lazy, b: Lazy | null): Lazy =>
    b === null ? a : combine([a, b], ([left, right]) => apply(op, left as Value, right as Value))
  const centred = join('Sub', call.input('x'), call.input('mean'))
  return join('Add', join('Mul', centred, join('Mul', inverse, scale)), offset)
}

interface Response {
  readonly radius: number
  readonly bias: number
  readonly alpha: number
  readonly beta: number
}

const responseOf = (call: Call): Response => ({
  radius: call.attribute('depthRadius'),
  bias: call.attribute('bias'),
  alpha: call.attribute('alpha'),
  beta: call.attribute('beta'),
})

/** For each channel in NCHW, the sum over neighbouring channels, as an average that includes padding. */
function sumAround(x: Value, radius: number): Value {
  const size = 2 * radius + 1
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const columns = reshaped(x, [n, 1, c, h * w])
  const attributes = { kernel_shape: [size, 1], pads: [radius, 0, radius, 0], count_include_pad: 1 }
  const mean = emit('AveragePool', [columns], { shape: columns.shape, attributes })
  return reshaped(apply('Mul', mean, scalar(size)), x.shape)
}

/** bias + alpha · the sum of squares of neighbouring channels */
function energy(x: Value, { radius, bias, alpha }: Response): Value {
  const squares = sumAround(apply('Mul', x, x), radius)
  return apply('Add', apply('Mul', squares, scalar(alpha)), scalar(bias))
}

const power = (x: Value, exponent: number): Value => apply('Pow', x, scalar(exponent))

const localResponse: KernelFunction = call => {
  const response = responseOf(call)
  const x = spatial(call.input('x'))
  return channelsLast(apply('Mul', x, power(energy(x, response), -response.beta)))
}

/** dy/energyᵝ minus the effect of each x on the energy of its neighbours. */
const localResponseGradient: KernelFunction = call => {
  const response = responseOf(call)
  const [x, y, dy] = [spatial(call.input('x')), spatial(call.input('y')), spatial(call.input('dy'))]
  const total = energy(x, response)
  const blame = sumAround(apply('Div', apply('Mul', dy, y), total), response.radius)
  const indirect = apply('Mul', apply('Mul', x, blame), scalar(2 * response.alpha * response.beta))
  return channelsLast(apply('Sub', apply('Mul', dy, power(total, -response.beta)), indirect))
}

export const normalizeKernels: KernelTable = {
  FusedBatchNorm: batchNorm,
  LRN: localResponse,
  LRNGrad: localResponseGradient,
}
