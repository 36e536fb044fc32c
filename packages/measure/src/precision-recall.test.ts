import { normals } from '@mixflow/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearestNeighbours, precisionRecall, type Rows } from './nearest-neighbours.ts'

const rows = (seed: number, { images = 60, dimensions = 5, shift = 0 } = {}): Rows => ({
  features: normals({ seed, stream: 'probe', images, elementsPerImage: dimensions }).map(value => value + shift),
  dimensions,
})
const joined = (a: Rows, b: Rows): Rows => ({
  features: Float32Array.from([...a.features, ...b.features]),
  dimensions: a.dimensions,
})

describe('nearestNeighbours', () => {
  it('equal those found by sorting all distances', () => {
    const cell = fc.integer({ min: -9, max: 9 })
    const some = fc
      .array(cell, { minLength: 4, maxLength: 60 })
      .map(list => list.slice(0, list.length - (list.length % 2)))
    fc.assert(
      fc.property(some, some, fc.integer({ min: 1, max: 2 }), (a, b, k) => {
        const [queries, among] = [a, b].map(list => ({ features: Float32Array.from(list), dimensions: 2 })) as [
          Rows,
          Rows,
        ]
        const { indices, distances } = nearestNeighbours(queries, among, { k })
        for (let i = 0; i < a.length / 2; i++) {
          const all = Array.from({ length: b.length / 2 }, (_, j) => ({
            j,
            d:
              ((a[2 * i] as number) - (b[2 * j] as number)) ** 2 +
              ((a[2 * i + 1] as number) - (b[2 * j + 1] as number)) ** 2,
          })).sort((x, y) => x.d - y.d || x.j - y.j)
          expect([...distances.subarray(i * k, i * k + k)]).toEqual(all.slice(0, k).map(({ d }) => d))
          expect([...indices.subarray(i * k, i * k + k)]).toEqual(all.slice(0, k).map(({ j }) => j))
        }
      }),
    )
  })

  it('of a set with itself are its rows, or others with excludeSelf', () => {
    const set = rows(1)
    expect([...nearestNeighbours(set, set, { k: 1 }).indices]).toEqual(Array.from({ length: 60 }, (_, i) => i))
    const others = nearestNeighbours(set, set, { k: 1, excludeSelf: true })
    for (const [i, index] of others.indices.entries()) expect(index).not.toBe(i)
    expect(Math.min(...others.distances)).toBeGreaterThan(0)
  })

  it('refuses different dimensions and too large a k', () => {
    expect(() => nearestNeighbours(rows(1), rows(2, { dimensions: 4 }), { k: 1 })).toThrow(/cannot be compared/)
    expect(() => nearestNeighbours(rows(1), rows(2, { images: 2 }), { k: 3 })).toThrow(/got 3 for 2 rows/)
    expect(() => nearestNeighbours(rows(1), rows(1), { k: 60, excludeSelf: true })).toThrow(/got 60 for 60 rows/)
  })
})

describe('precisionRecall', () => {
  it('is 1 and 1 for a set with itself, 0 and 0 for sets far apart', () => {
    expect(precisionRecall({ real: rows(1), generated: rows(1) })).toEqual({ precision: 1, recall: 1 })
    expect(precisionRecall({ real: rows(1), generated: rows(2, { shift: 100 }) })).toEqual({ precision: 0, recall: 0 })
  })

  it('distinguishes missing modes from unrealistic images', () => {
    const [left, right] = [rows(1), rows(2, { shift: 100 })]
    // generates one of two modes: everything looks real, half of the variety is there
    const dropped = precisionRecall({ real: joined(left, right), generated: left })
    expect(dropped).toEqual({ precision: 1, recall: 0.5 })
    // generates the mode and as many images of nothing
    expect(precisionRecall({ real: left, generated: joined(left, right) })).toEqual({ precision: 0.5, recall: 1 })
  })

  it('swaps precision and recall if the sets are swapped', () => {
    const [real, generated] = [rows(1), rows(2, { shift: 0.7 })]
    const { precision, recall } = precisionRecall({ real, generated })
    expect(precisionRecall({ real: generated, generated: real })).toEqual({ precision: recall, recall: precision })
    expect(precision).toBeGreaterThan(0)
    expect(precision).toBeLessThan(1)
  })
})
