/**
 * A recorded tensor: its logical shape and dtype as tfjs sees them, the value that holds it, and the order in which the
 * value's dimensions lie. `inOrder` is the only place that records a Transpose for the sake of layout.
 */

import { identityOrder, inverseOrder, type Order, permute, type Shape, sameBytes } from './graph/order.ts'
import { emit, reshaped, transposed, type Value } from './graph/value.ts'

/** The dtypes of tfjs that can be computed with. */
export type ComputedType = 'float32' | 'int32' | 'bool'

export interface Lazy {
  readonly shape: Shape
  readonly dtype: ComputedType
  order: Order
  value: Value
}

/** A recorded tensor in tfjs's own order. */
export const straight = (value: Value, shape: Shape = value.shape): Lazy => ({
  shape,
  dtype: value.type as ComputedType,
  order: identityOrder(shape.length),
  value,
})

/** The tensor's value with its dimensions in the given order. */
export function inOrder(lazy: Pick<Lazy, 'shape' | 'order' | 'value'>, order: Order): Value {
  if (sameBytes(lazy.shape, lazy.order, order)) return reshaped(lazy.value, permute(lazy.shape, order))
  const positions = inverseOrder(lazy.order)
  return transposed(lazy.value, permute(positions, order))
}

/** The tensor's value in tfjs's own order. */
export const straightened = (lazy: Lazy): Value => inOrder(lazy, identityOrder(lazy.shape.length))

const onnxName = { float32: 1, int32: 6, bool: 9 } as const

/** The value as another element type. */
export function castTo(value: Value, type: ComputedType): Value {
  if (value.type === type) return value
  return emit('Cast', [value], { shape: value.shape, type, attributes: { to: onnxName[type] } })
}
