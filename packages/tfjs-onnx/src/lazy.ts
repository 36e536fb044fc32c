/**
 * A recorded tensor: its logical shape and dtype as tfjs sees them, the value that holds it, and the value's layout.
 * `inLayout` is the only function that records a Transpose to change a layout.
 */

import { identityLayout, inverseLayout, type Layout, permute, type Shape, sameBytes } from './graph/layout.ts'
import { emit, reshaped, transposed, type Value } from './graph/value.ts'

/** The dtypes that graphs compute with. */
export type ComputedType = 'float32' | 'int32' | 'bool'

export interface Lazy {
  readonly shape: Shape
  readonly dtype: ComputedType
  layout: Layout
  value: Value
}

/** A recorded tensor in row-major layout, as tfjs itself stores tensors. */
export const rowMajor = (value: Value, shape: Shape = value.shape): Lazy => ({
  shape,
  dtype: value.type as ComputedType,
  layout: identityLayout(shape.length),
  value,
})

/** The tensor's value in the given layout. */
export function inLayout(lazy: Pick<Lazy, 'shape' | 'layout' | 'value'>, layout: Layout): Value {
  if (sameBytes(lazy.shape, lazy.layout, layout)) return reshaped(lazy.value, permute(lazy.shape, layout))
  const positions = inverseLayout(lazy.layout)
  return transposed(lazy.value, permute(positions, layout))
}

/** The tensor's value in row-major layout. */
export const rowMajorValue = (lazy: Lazy): Value => inLayout(lazy, identityLayout(lazy.shape.length))

const onnxName = { float32: 1, int32: 6, bool: 9 } as const

/** The value cast to another element type. */
export function castTo(value: Value, type: ComputedType): Value {
  if (value.type === type) return value
  return emit('Cast', [value], { shape: value.shape, type, attributes: { to: onnxName[type] } })
}
