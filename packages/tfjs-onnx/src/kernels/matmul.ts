/**
 * Matrix products. An operand whose last two dimensions are swapped in memory, or that tfjs transposes, gets a Transpose node right before
 * the product, which ONNX Runtime fuses into the product.
 */

import type { backend_util } from '@tensorflow/tfjs-core'
import { OnnxBackendError } from '../errors.ts'
import { identityLayout, type Layout } from '../graph/layout.ts'
import { emit, transposed, type Value } from '../graph/value.ts'
import { type ComputedType, castTo, inLayout, type Lazy, rowMajor } from '../lazy.ts'
import { broadcastShape } from './broadcast.ts'
import type { Call, KernelTable } from './call.ts'
import { activate, apply, combine } from './elementwise.ts'
import { reshape } from './shape.ts'

const swapLast = (rank: number): Layout => {
  const layout = [...identityLayout(rank)]
  layout.push(...layout.splice(-2).reverse())
  return layout
}

/** The operand with rows and columns in the order of the product. */
function operand(x: Lazy, transpose: boolean, type: ComputedType): Value {
  const rank = x.shape.length
  const swapped = swapLast(rank)
  const lies = x.layout.every((dimension, i) => dimension === swapped[i])
  const value = castTo(inLayout(x, lies ? swapped : identityLayout(rank)), type)
  return lies === transpose ? value : transposed(value, swapped)
}

export function matMul(a: Lazy, b: Lazy, flags: { transposeA: boolean; transposeB: boolean }): Lazy {
  const type = a.dtype === 'float32' || b.dtype === 'float32' ? 'float32' : 'int32'
  const left = operand(a, flags.transposeA, type)
  const right = operand(b, flags.transposeB, type)
  if (left.shape.at(-1) !== right.shape.at(-2)) {
    const { transposeA, transposeB } = flags
    throw new OnnxBackendError(
      'KERNEL_INVALID',
      `a product of [${a.shape}] and [${b.shape}] (transposeA ${transposeA}, transposeB ${transposeB}): inner dimensions differ`,
    )
  }
  const batch = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)])
  const shape = [...batch, left.shape.at(-2) as number, right.shape.at(-1) as number]
  return rowMajor(emit('MatMul', [left, right], { shape }))
}

const flagsOf = (call: Call) => ({
  transposeA: call.attribute<boolean>('transposeA'),
  transposeB: call.attribute<boolean>('transposeB'),
})

/** A vector applies to the channels of images in NCHW. */
function alongChannels(call: Call, x: Lazy | null): Lazy | null {
  if (x === null || call.attribute('dataFormat') !== 'NCHW' || x.shape.length !== 1) return x
  return reshape(x, [...x.shape, 1, 1])
}

/** Adds the bias and applies the activation of a fused kernel. */
export function finish(call: Call, x: Lazy): Lazy {
  const bias = alongChannels(call, call.optional('bias'))
  const biased = bias === null ? x : combine([x, bias], ([value, b]) => apply('Add', value as Value, b as Value))
  return activate(call.attribute<backend_util.Activation>('activation'), biased, {
    leaky: call.attribute<number | undefined>('leakyreluAlpha') ?? 0.2,
    prelu: alongChannels(call, call.optional('preluActivationWeights')),
  })
}

export const matmulKernels: KernelTable = {
  BatchMatMul: call => matMul(call.input('a'), call.input('b'), flagsOf(call)),
  _FusedMatMul: call => finish(call, matMul(call.input('a'), call.input('b'), flagsOf(call))),
}
