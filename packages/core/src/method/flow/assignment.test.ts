import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distance, reference } from '../../fixtures/reference.ts'
import { normals } from '../random/random.ts'
import { type Assignment, optimalAssignment } from './assignment.ts'
import { couplingCosts } from './coupling.ts'

interface OptimalTransport {
  readonly minibatch_ot: {
    readonly perm: readonly number[]
    readonly optimal_cost: number
    readonly tiny: { readonly cost: readonly (readonly number[])[]; readonly perm: readonly number[] }
  }
}

const numbers = reference<OptimalTransport>('loss')

describe.skipIf(numbers === undefined)('optimalAssignment against SciPy', () => {
  if (numbers === undefined) return
  const { perm, optimal_cost, tiny } = numbers.json.minibatch_ot

  it('pairs the same images at the same cost', () => {
    const found = optimalAssignment(couplingCosts(numbers.float32('ot.x0'), numbers.float32('ot.x1'), 16))
    expect([...found.order]).toEqual(perm)
    expect(found.cost).toBeCloseTo(optimal_cost, 9)
    expect([...optimalAssignment(Float64Array.from(tiny.cost.flat())).order]).toEqual(tiny.perm)
  })
})

/** The potentials bound every assignment from below, and the found one reaches the bound. */
function expectProof(costs: Float64Array, { order, cost, rowPotentials: u, columnPotentials: v }: Assignment) {
  const n = order.length
  const scale = Math.max(1, ...costs.map(Math.abs))
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
  let slack = 0
  costs.forEach((value, k) => {
    slack = Math.min(slack, value - u[Math.floor(k / n)]! - v[k % n]!)
  })
  expect(slack / scale).toBeGreaterThan(-1e-12)
  const bound = u.reduce((sum, value, i) => sum + value + v[i]!, 0)
  expect(Math.abs(cost - bound) / (scale * Math.max(1, n))).toBeLessThan(1e-12)
}

function leastByTrying(costs: Float64Array, n: number, row = 0, taken = 0): number {
  if (row === n) return 0
  let least = Number.POSITIVE_INFINITY
  for (let column = 0; column < n; column++) {
    if (taken & (1 << column)) continue
    least = Math.min(least, costs[row * n + column]! + leastByTrying(costs, n, row + 1, taken | (1 << column)))
  }
  return least
}

const square = (cell: fc.Arbitrary<number>, max: number) =>
  fc
    .integer({ min: 1, max })
    .chain(n => fc.array(cell, { minLength: n * n, maxLength: n * n }).map(cells => Float64Array.from(cells)))

describe('optimalAssignment', () => {
  it('is the best of all, by trying every one', () => {
    fc.assert(
      fc.property(square(fc.integer({ min: -9, max: 9 }), 6), costs => {
        const found = optimalAssignment(costs)
        expect(found.cost).toBe(leastByTrying(costs, found.order.length))
        expectProof(costs, found)
      }),
    )
  })

  it('proves itself optimal on larger ones, ties and huge ranges included', () => {
    const cells = [fc.integer({ min: 0, max: 2 }), fc.double({ min: -1e9, max: 1e9, noNaN: true })]
    for (const cell of cells) {
      fc.assert(
        fc.property(square(cell, 40), costs => expectProof(costs, optimalAssignment(costs))),
        { numRuns: 40 },
      )
    }
  })

  it('of images with themselves is the identity, of a shuffled batch its order', () => {
    const [images, elements] = [128, 48]
    const x = normals({ seed: 3, stream: 'probe', images, elementsPerImage: elements })
    const turned = Float32Array.from(x, (_, k) => x[(k + 5 * elements) % x.length]!)
    const same = optimalAssignment(couplingCosts(x, x, images))
    expect([...same.order]).toEqual(Array.from({ length: images }, (_, i) => i))
    expect(same.cost).toBe(0)
    const { order } = optimalAssignment(couplingCosts(x, turned, images))
    expect([...order]).toEqual(Array.from({ length: images }, (_, i) => (i + images - 5) % images))
  })

  it('does not depend on what is added to a row or a column', () => {
    const costs = Float64Array.from(normals({ seed: 5, stream: 'probe', images: 30, elementsPerImage: 30 }))
    const shifted = costs.map((cost, k) => cost + Math.floor(k / 30) - 3 * (k % 30))
    const [a, b] = [optimalAssignment(costs), optimalAssignment(shifted)]
    expect(distance([...a.order], [...b.order])).toBe(0)
  })

  it('takes an empty batch, and refuses what is no square of finite numbers', () => {
    expect(optimalAssignment(new Float64Array(0))).toMatchObject({ cost: 0 })
    for (const wrong of [Float64Array.of(1, 2), Float64Array.of(1, 2, Number.NaN, 4)]) {
      expect(() => optimalAssignment(wrong)).toThrow(/must be/)
    }
  })
})
