import { describe, expect, it } from 'vitest'
import { type ChartSpec, lineChart } from './line-chart.ts'

const base = { title: 'Loss', xTitle: 'images seen', xEnd: 100, noisy: true, yScale: 'auto', height: 200 } as const

const chart = (ys: readonly number[], spec: Partial<ChartSpec> = {}): string => {
  const points = ys.map((y, i) => ({ x: (i + 1) * 10, y }))
  return lineChart({ ...base, points, ...spec }).toString()
}

/** Coordinates of the curves. */
const pathsOf = (markup: string, kind: 'line' | 'dots') =>
  [...markup.matchAll(new RegExp(`<path class="${kind}" d="(M[^"]*\\.[^"]*)"`, 'g'))].map(match =>
    [...match[1]!.matchAll(/[ML]([\d.-]+) ([\d.-]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const),
  )

describe('a line chart', () => {
  it('draws dots and a line in units of a thousandth, with labelled ticks', () => {
    const markup = chart([1, 0.5, 0.25, 0.125])
    const [line] = pathsOf(markup, 'line')
    expect(pathsOf(markup, 'dots')).toEqual([line])
    expect(line?.map(([x]) => x)).toEqual([100, 200, 300, 400])
    const heights = line!.map(([, y]) => y)
    expect(heights[1]! - heights[0]!).toBeCloseTo(heights[3]! - heights[2]!, 0)
    expect(markup).toContain('logarithmic scale')
    expect(markup).toMatch(/<text [^>]*text-anchor="end">0\.5<\/text>/)
    expect(markup).toMatch(/<text [^>]*text-anchor="middle">100<\/text>/)
    expect(markup).toContain('aria-label="Loss: from 1.00 to 0.125"')
  })

  it('of no values, or none that can be drawn, says so', () => {
    for (const ys of [[], [Number.NaN], [Number.POSITIVE_INFINITY, 1e200]]) {
      expect(chart(ys)).toBe('<p class="nothing">Loss: no values yet.</p>')
    }
  })

  it('of one point shows that point', () => {
    const markup = chart([0.7])
    expect(pathsOf(markup, 'dots')).toEqual([[[100, 500]]])
    expect(chart([0.7], { noisy: false })).toMatch(/M100\.0 500\.0h0/)
  })

  it('never writes what is no number', () => {
    for (const ys of [[0.3, Number.NaN, 0.2, Number.POSITIVE_INFINITY, 0.1], [0, 0], [5], [-1e99, 1e99], [1e-300, 2]]) {
      expect(chart(ys)).not.toMatch(/NaN|Infinity|undefined|null/)
    }
  })

  it('lets no single wild step flatten the rest', () => {
    const ys = Array.from({ length: 500 }, (_, i) => (i === 250 ? 1e4 : 1))
    const [line] = pathsOf(chart(ys, { xEnd: 5000, yScale: 'linear' }), 'line')
    const calm = line!.slice(300).map(([, y]) => y)
    expect(Math.max(...calm) - Math.min(...calm)).toBe(0)
    expect(pathsOf(chart(ys, { xEnd: 5000 }), 'dots')[0]!.length).toBe(500)
  })

  it('keeps its size for a long run', () => {
    const ys = Array.from({ length: 50_000 }, (_, i) => 1 + 1 / (i + 1))
    expect(chart(ys).length).toBeLessThan(40_000)
  })

  it('escapes names', () => {
    expect(chart([1, 2], { title: '<script>' })).not.toContain('<script>')
  })
})
