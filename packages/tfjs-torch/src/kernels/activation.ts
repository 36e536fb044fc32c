/** The activations of tfjs's fused kernels. */

import type { Numbers } from '../backend.ts'
import type { Handle } from '../library/libtorch.ts'
import { type Call, result } from './call.ts'

export function activate(call: Call, made: Numbers): Numbers | null {
  const { torch } = call
  const name = call.attribute<string | null | undefined>('activation') ?? 'linear'
  const of = (handle: Handle) => result(handle, made.shape, made.dtype)
  const float = (value: number) => torch.scalar(value, 'float32')
  const belowZero = (below: Handle) =>
    of(torch.call('where.self', torch.call('lt.Tensor', made.handle, float(0)), below, made.handle))
  switch (name) {
    case 'linear':
      return made
    case 'relu':
      return of(torch.call('relu', made.handle))
    case 'relu6':
      return of(torch.call('clamp.Tensor', made.handle, float(0), float(6)))
    case 'sigmoid':
      return of(torch.call('sigmoid', made.handle))
    case 'elu':
      return belowZero(torch.call('expm1', made.handle))
    case 'leakyrelu':
      return belowZero(torch.call('mul.Tensor', made.handle, float(call.attribute('leakyreluAlpha'))))
    case 'prelu':
      return belowZero(
        torch.call('mul.Tensor', made.handle, perChannel(call, call.input('preluActivationWeights'), made)),
      )
    default:
      return null
  }
}

/** A vector per channel of an NCHW result needs its dimension in front of those in space. */
export function perChannel(call: Call, vector: Numbers, { shape }: Numbers): Handle {
  const isNchw = call.attribute<string | undefined>('dataFormat') === 'NCHW'
  return isNchw && vector.shape.length === 1 && shape.length === 4
    ? call.torch.call('reshape', vector.handle, [shape[1] as number, 1, 1])
    : vector.handle
}
