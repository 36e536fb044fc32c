/** Kernels that create tensors from attributes, as constants of the graph. */

import { sizeOf } from '../graph/layout.ts'
import { emit, reshaped, scalar, type Value } from '../graph/value.ts'
import { type ComputedType, castTo, type Lazy, rowMajor, rowMajorValue } from '../lazy.ts'
import type { KernelFunction, KernelTable } from './call.ts'
import { lazyFill } from './shape.ts'

/** A vector that is part of the graph. */
export const constantVector = (data: readonly number[], type: ComputedType): Value => ({
  shape: [data.length],
  type,
  origin: { kind: 'constant', data },
  refCount: 0,
})

/** 0, 1, 2 … as int32. */
export const counting = (count: number): Value => constantVector([...Array(count).keys()], 'int32')

const series = (count: number, at: (i: number) => number, type: ComputedType): Lazy =>
  rowMajor(
    constantVector(
      Array.from({ length: count }, (_, i) => at(i)),
      type,
    ),
  )

const range: KernelFunction = call => {
  const [start, stop, given] = [
    call.attribute<number>('start'),
    call.attribute<number>('stop'),
    call.attribute<number>('step'),
  ]
  // with the default step of 1, tfjs counts down if stop < start
  const step = stop < start && given === 1 ? -1 : given
  const count = Math.max(0, Math.ceil((stop - start) / step))
  return series(count, i => start + i * step, call.attribute('dtype'))
}

const linSpace: KernelFunction = call => {
  const [start, stop, count] = [
    call.attribute<number>('start'),
    call.attribute<number>('stop'),
    call.attribute<number>('num'),
  ]
  const step = count > 1 ? (stop - start) / (count - 1) : 0
  return series(count, i => start + i * step, 'float32')
}

const oneHot: KernelFunction = call => {
  const indices = call.input('indices')
  const depth = call.attribute<number>('depth')
  const dtype = call.attribute<ComputedType | undefined>('dtype') ?? 'float32'
  const shape = [...indices.shape, depth]
  if (sizeOf(shape) === 0) return lazyFill(shape, 0, dtype)
  const column = reshaped(castTo(rowMajorValue(indices), 'int32'), [...indices.shape, 1])
  const hit = emit('Equal', [column, counting(depth)], { shape, type: 'bool' })
  const [on, off] = [call.attribute<number>('onValue'), call.attribute<number>('offValue')]
  const value = emit('Where', [hit, scalar(on), scalar(off)], { shape, type: 'float32' })
  return rowMajor(castTo(value, dtype))
}

export const createKernels: KernelTable = {
  Fill: call => {
    const value = call.attribute<number | string>('value')
    const dtype = call.attribute<ComputedType | undefined>('dtype') ?? 'float32'
    return typeof value === 'string' ? null : lazyFill(call.attribute('shape'), value, dtype)
  },
  Range: range,
  LinSpace: linSpace,
  OneHot: oneHot,
}
