/**
 * Aligns tensors of different shapes and layouts for element-wise kernels: NumPy's broadcasting of the logical shapes, applied to the
 * physical ones. The result has the layout of the operand with the full shape, so that a bias or mask follows the layout of an image.
 */

import { backend_util } from '@tensorflow/tfjs-core'
import { identityLayout, type Layout, permute, type Shape } from '../graph/layout.ts'
import { reshaped, scalar, type Value } from '../graph/value.ts'
import { inLayout, type Lazy } from '../lazy.ts'

export interface Together {
  readonly shape: Shape
  readonly layout: Layout
  readonly values: readonly Value[]
}

export function together(operands: readonly Lazy[]): Together {
  const shape = broadcastShape(operands.map(operand => operand.shape))
  const layout = commonLayout(operands, shape)
  const scalars = redundantFills(operands, shape)
  const values = operands.map(operand => {
    const { origin, type } = operand.value
    if (origin.kind === 'fill' && scalars.has(operand)) return scalar(origin.value, type)
    return alignedValue(operand, layout)
  })
  return { shape, layout, values }
}

/** Fills that can be scalars, because the other operands already have the full shape. */
function redundantFills(operands: readonly Lazy[], shape: Shape): ReadonlySet<Lazy> {
  const spared = new Set<Lazy>()
  for (const operand of operands) {
    if (operand.value.origin.kind !== 'fill') continue
    const others = operands.filter(other => other !== operand && !spared.has(other)).map(other => other.shape)
    if (sameShape(broadcastShape(others), shape)) spared.add(operand)
  }
  return spared
}

export const broadcastShape = (shapes: readonly Shape[]): Shape =>
  shapes.reduce<Shape>((a, b) => backend_util.assertAndGetBroadcastShape([...a], [...b]), [])

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, i) => size === b[i])

/** The layout of the first operand of full shape; computed operands take precedence over fed ones. */
function commonLayout(operands: readonly Lazy[], shape: Shape): Layout {
  const full = operands.filter(operand => sameShape(operand.shape, shape))
  const ranked = operands.filter(operand => operand.shape.length === shape.length)
  const chosen = full.find(operand => operand.value.origin.kind === 'node') ?? full[0] ?? ranked[0]
  return chosen?.layout ?? identityLayout(shape.length)
}

/** The operand with the rank and layout of the result; missing leading dimensions have size 1. */
export function alignedValue(operand: Lazy, layout: Layout): Value {
  const missing = layout.length - operand.shape.length
  if (missing === 0) return inLayout(operand, layout)
  if (operand.shape.length === 0) return operand.value
  const shape = [...new Array<number>(missing).fill(1), ...operand.shape]
  const expanded = [...identityLayout(missing), ...operand.layout.map(dimension => dimension + missing)]
  const value = reshaped(operand.value, permute(shape, expanded))
  return inLayout({ shape, layout: expanded, value }, layout)
}
