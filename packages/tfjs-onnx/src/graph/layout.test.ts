/** Layouts against plain arrays: a layout never changes the logical elements. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  identityLayout,
  inverseLayout,
  type Layout,
  permute,
  reshapedLayout,
  type Shape,
  sameBytes,
  sizeOf,
} from './layout.ts'

/** The elements in logical order, read from memory in `layout`. */
function logical(memory: readonly number[], shape: Shape, layout: Layout): number[] {
  const physical = permute(shape, layout)
  const strides = physical.map((_, k) => sizeOf(physical.slice(k + 1)))
  const position = inverseLayout(layout)
  return Array.from({ length: sizeOf(shape) }, (_, index) => {
    let rest = index
    let offset = 0
    for (let d = shape.length - 1; d >= 0; d--) {
      offset += (rest % (shape[d] as number)) * (strides[position[d] as number] as number)
      rest = Math.floor(rest / (shape[d] as number))
    }
    return memory[offset] as number
  })
}

const shapes = fc.array(fc.constantFrom(1, 1, 2, 3, 4, 6), { minLength: 1, maxLength: 5 })
const ordered = shapes.chain(shape =>
  fc.record({
    shape: fc.constant(shape),
    layout: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
  }),
)

/** Another shape of the same size: factors of the dimensions, regrouped. */
const regrouped = (shape: Shape) =>
  fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }).map(joins => {
    const factors = shape.flatMap(size => (size === 6 ? [2, 3] : size === 4 ? [2, 2] : [size]))
    return factors.reduce<number[]>((target, factor, i) => {
      if (joins[i % 12] && target.length > 0) target[target.length - 1] = (target.at(-1) as number) * factor
      else target.push(factor)
      return target
    }, [])
  })

describe('layouts', () => {
  it('a reshape that moves no byte keeps every element at its logical index', () => {
    let free = 0
    fc.assert(
      fc.property(
        ordered.chain(given => fc.tuple(fc.constant(given), regrouped(given.shape))),
        ([{ shape, layout }, target]) => {
          const result = reshapedLayout(shape, layout, target)
          if (result === null) return
          free++
          expect([...result].sort()).toEqual([...identityLayout(target.length)].sort())
          const memory = Array.from({ length: sizeOf(shape) }, (_, i) => i)
          expect(logical(memory, target, result)).toEqual(logical(memory, shape, layout))
        },
      ),
      { numRuns: 2000, seed: 1 },
    )
    expect(free).toBeGreaterThan(500)
  })

  it('the row-major layout can always be reshaped', () => {
    fc.assert(
      fc.property(
        ordered.chain(given => fc.tuple(fc.constant(given), regrouped(given.shape))),
        ([{ shape }, target]) => {
          expect(reshapedLayout(shape, identityLayout(shape.length), target)).toEqual(identityLayout(target.length))
        },
      ),
      { numRuns: 500, seed: 2 },
    )
  })

  it('knows the reshapes that networks do: groups, tokens and heads of NCHW images', () => {
    const nchw = [0, 3, 1, 2]
    // [N, H, W, C] -> [N, HW, groups, C / groups], in memory N, groups, C / groups, HW
    expect(reshapedLayout([2, 4, 4, 8], nchw, [2, 16, 4, 2])).toEqual([0, 2, 3, 1])
    expect(reshapedLayout([2, 4, 4, 8], nchw, [2, 16, 8])).toEqual([0, 2, 1])
    // merging channels with pixels would move bytes
    expect(reshapedLayout([2, 4, 4, 8], nchw, [2, 128])).toBeNull()
    expect(reshapedLayout([2, 1, 1, 8], nchw, [2, 8])).toEqual([0, 1])
  })

  it('dimensions of size 1 lie anywhere', () => {
    expect(sameBytes([2, 1, 1, 3], [0, 3, 1, 2], [0, 1, 2, 3])).toBe(true)
    expect(sameBytes([2, 4, 1, 3], [0, 3, 1, 2], [0, 1, 2, 3])).toBe(false)
  })
})
