import { describe, expect, it } from 'vitest'
import { Report, type Tolerance } from './report.ts'

function compared(found: number[], expected: number[], tolerance: Tolerance) {
  const report = new Report()
  report.case('case')('x', found, expected, tolerance)
  return report.quantities[0]
}

describe('a comparison', () => {
  it('has the largest absolute and relative error', () => {
    expect(compared([1, 2, 4.5], [1, 2.25, 5], { absolute: 0.5 })).toMatchObject({
      absolute: 0.5,
      relative: 0.1,
      ok: true,
    })
  })

  it.each<[Tolerance, boolean]>([
    [{ absolute: 0.5 }, true],
    [{ absolute: 0.49 }, false],
    [{ relative: 0.1 }, true],
    [{ relative: 0.09 }, false],
    [{ absolute: 0.49, relative: 0.1 }, true],
    [{ absolute: 0.5, relative: 0.09 }, true],
    [{}, false],
  ])('with the tolerance %j: %s', (tolerance, ok) => {
    expect(compared([4.5], [5], tolerance)?.ok).toBe(ok)
  })

  it('fails for different sizes and for NaN and infinity', () => {
    const loose = { absolute: 1e9, relative: 1e9 }
    for (const [a, b] of [
      [[1], [1, 2]],
      [[1, 2], [1]],
      [[Number.NaN], [1]],
      [[1], [Number.NaN]],
      [[Number.POSITIVE_INFINITY], [Number.POSITIVE_INFINITY]],
    ] as const) {
      expect(compared([...a], [...b], loose)).toMatchObject({ absolute: Number.POSITIVE_INFINITY, ok: false })
    }
  })

  it('of zeros has no relative error, or an infinite one', () => {
    expect(compared([0, 0], [0, 0], { absolute: 0 })).toMatchObject({ relative: 0, ok: true })
    expect(compared([0, 1e-9], [0, 0], { relative: 1 })).toMatchObject({
      relative: Number.POSITIVE_INFINITY,
      ok: false,
    })
  })

  it('of many reports the one that exceeds its tolerance most', () => {
    const report = new Report()
    const one = (name: string, found: number, tolerance: Tolerance) => ({ name, found, expected: 1, tolerance })
    report.worst('case', 'length of', [
      one('a', 1.5, { absolute: 1 }),
      one('b', 1.01, { absolute: 0.001 }),
      one('c', 1.1, { absolute: 0.05 }),
    ])
    expect(report.quantities).toMatchObject([{ quantity: 'length of b (worst of 3)', ok: false }])
    report.worst('case', 'nothing', [])
    expect(report.quantities).toHaveLength(1)
  })
})
