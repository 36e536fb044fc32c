import { describe, expect, it } from 'vitest'
import { log, normalQuantile } from './normal-quantile.ts'

describe('normalQuantile', () => {
  // The first two are the check values of AS 241; the others were computed with 40 digits.
  it.each([
    [0.25, -0.6744897501960817],
    [0.001, -3.0902323061678136],
    [0.075, -1.439531470938456],
    [0.5, 0],
    [0.925, 1.4395314709384561],
    [2 ** -33, -6.3379577545537895],
    [1 - 2 ** -33, 6.3379577545537895],
  ])('of %s is %s', (p, z) => {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThanOrEqual(4e-16 * Math.max(1, Math.abs(z)))
  })

  it('is odd about one half, to the last bit', () => {
    for (let k = 0; k < 4096; k++) {
      const p = (k * 1048576 + 0.5) / 2 ** 32
      expect(normalQuantile(1 - p)).toBe(-normalQuantile(p))
    }
  })

  it('rises without a break where its ranges meet', () => {
    for (const edge of [0.075, 0.925, 2 ** -4, 2 ** -20]) {
      for (let k = -50; k < 50; k++) {
        const low = normalQuantile(edge + k * 2 ** -32)
        const high = normalQuantile(edge + (k + 1) * 2 ** -32)
        expect(high).toBeGreaterThan(low)
        expect(high - low).toBeLessThan(edge === 2 ** -20 ? 1e-4 : 1e-8)
      }
    }
  })
})

describe('log', () => {
  it('agrees with Math.log to its last digits', () => {
    for (let k = 1; k < 5000; k++) {
      const x = (k * 850_000 + 0.5) / 2 ** 32
      expect(Math.abs(log(x) - Math.log(x))).toBeLessThan(1e-15 + 4e-16 * Math.abs(Math.log(x)))
    }
    expect(Math.abs(log(2 ** -33) + 33 * Math.LN2)).toBeLessThan(1e-14)
  })
})
