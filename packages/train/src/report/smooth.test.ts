import { describe, expect, it } from 'vitest'
import { smooth, thin } from './smooth.ts'

const pointsOf = (count: number, f: (x: number) => number) => Array.from({ length: count }, (_, x) => ({ x, y: f(x) }))

describe('smooth', () => {
  it('keeps what needs no smoothing: a constant, and a straight line until shortly before its end', () => {
    expect(smooth(pointsOf(200, () => 3)).every(({ y }) => Math.abs(y - 3) < 1e-12)).toBe(true)
    const line = smooth(pointsOf(200, x => 2 * x))
    for (const { x, y } of line.slice(0, 190)) expect(y).toBeCloseTo(2 * x, 9)
  })

  it('begins at the first point, however steep the fall after it', () => {
    const [first, second] = smooth(pointsOf(1000, x => 1 / (x + 1)))
    expect(first?.y).toBeCloseTo(smooth(pointsOf(1, () => 0.75))[0]!.y, 9)
    expect(second!.y).toBeLessThan(first!.y)
  })

  it('calms noise to a small part of it', () => {
    const noisy = smooth(pointsOf(400, x => (x % 2 === 0 ? 1 : -1)))
    for (const { y } of noisy.slice(20)) expect(Math.abs(y)).toBeLessThan(0.1)
  })

  it('makes a bounded line of a long run, over the same range', () => {
    const line = smooth(pointsOf(100_000, x => x))
    expect(line.length).toBeLessThanOrEqual(800)
    expect(line.every(({ y }) => Number.isFinite(y))).toBe(true)
    expect(line.at(-1)!.x).toBeGreaterThan(99_800)
  })

  it('of nothing is nothing, of one point that point', () => {
    expect(smooth([])).toEqual([])
    expect(smooth([{ x: 5, y: 7 }])).toEqual([{ x: 5, y: 7 }])
  })
})

describe('thin', () => {
  it('keeps the first and the last, and no point twice', () => {
    const kept = thin(
      Array.from({ length: 1001 }, (_, i) => i),
      11,
    )
    expect(kept).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000])
    expect(new Set(thin([...Array(13).keys()], 12)).size).toBe(12)
    expect(thin([1, 2, 3], 3)).toEqual([1, 2, 3])
  })
})
