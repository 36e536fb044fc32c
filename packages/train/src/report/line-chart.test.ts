import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Axis, axisOf, type ChartSpec, lineChart, smooth, thin } from './line-chart.ts'

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

const texts = (axis: Axis) => axis.ticks.map(({ text }) => text)
const linear = { kind: 'linear', round: true } as const
const auto = { kind: 'auto', round: true } as const

describe('a linear axis', () => {
  it.each([
    [
      [0, 0.003],
      ['0', '0.001', '0.002', '0.003'],
    ],
    [
      [0.12, 0.31],
      ['0.10', '0.15', '0.20', '0.25', '0.30', '0.35'],
    ],
    [
      [-1, 1],
      ['-1.0', '-0.5', '0', '0.5', '1.0'],
    ],
    [
      [0, 64_000],
      ['0', '20K', '40K', '60K', '80K'],
    ],
    [
      [0, 3e-6],
      ['0', '1e-6', '2e-6', '3e-6'],
    ],
  ])('over %j has ticks at %j', (values, expected) => {
    expect(texts(axisOf(values, linear))).toEqual(expected)
  })

  it('ends at the values themselves unless it is to be rounded', () => {
    const axis = axisOf([0, 64_000], { kind: 'linear', round: false })
    expect(texts(axis)).toEqual(['0', '20K', '40K', '60K'])
    expect([0, 16_000, 64_000].map(axis.place)).toEqual([0, 0.25, 1])
  })
})

describe('a logarithmic axis', () => {
  it('is taken where values span more than a factor of five', () => {
    expect(axisOf([0.2, 1.1], auto).kind).toBe('log')
    expect(axisOf([0.25, 1.1], auto).kind).toBe('linear')
    expect(axisOf([0, 1.1], auto).kind).toBe('linear')
    expect(axisOf([-0.2, 1.1], auto).kind).toBe('linear')
    expect(axisOf([0.2, 1.1], linear).kind).toBe('linear')
  })

  it.each([
    [
      [0.18, 1.4],
      ['0.2', '0.3', '0.5', '0.7', '1'],
    ],
    [
      [0.1, 10],
      ['0.1', '0.2', '0.5', '1', '2', '5', '10'],
    ],
    [
      [0.001, 100],
      ['0.001', '0.01', '0.1', '1', '10', '100'],
    ],
  ])('over %j has ticks at %j', (values, expected) => {
    expect(texts(axisOf(values, auto)).slice(0, expected.length)).toEqual(expected)
  })

  it('places equal factors at equal distances', () => {
    const { place } = axisOf([0.1, 10], auto)
    expect(place(1)).toBeCloseTo(0.5, 12)
    expect(place(10) - place(1)).toBeCloseTo(place(1) - place(0.1), 12)
  })
})

describe('any axis', () => {
  it('tells large ticks that lie close together apart', () => {
    const axis = axisOf([9992, 10_002], { kind: 'linear', round: false })
    expect(texts(axis)).toEqual(['9992', '9994', '9996', '9998', '10000', '10002'])
  })

  it.each([
    [[], 0.5],
    [[Number.NaN, Number.POSITIVE_INFINITY], 0.5],
    [[0], 0],
    [[0.3], 0.3],
    [[-7, -7], -7],
  ])('of too few values, %j, is one around them', (values, middle) => {
    const axis = axisOf(values, { kind: 'auto', round: false })
    expect(axis.place(middle)).toBeCloseTo(0.5, 9)
    expect(axis.ticks.length).toBeGreaterThan(1)
  })

  it('has few ticks, in order and on the axis, and places values in order within it', () => {
    const number = fc.double({ noNaN: false })
    const positive = fc.double({ min: 0, max: 1e6, noNaN: true })
    const fraction = fc.double({ min: -1, max: 1, noNaN: true })
    const close = fc
      .tuple(fc.double({ min: -1e7, max: 1e7, noNaN: true }), fc.integer({ min: -12, max: 6 }), fc.array(fraction))
      .map(([middle, exponent, shares]) => shares.map(share => middle + share * 10 ** exponent))
    const values = fc.oneof(fc.array(number), fc.array(positive, { minLength: 1 }), close)
    fc.assert(
      fc.property(values, fc.constantFrom('auto', 'linear'), fc.boolean(), (given, kind, round) => {
        const axis = axisOf(given, { kind, round })
        const ticks = axis.ticks.map(({ value }) => value)
        expect(ticks.length).toBeGreaterThanOrEqual(2)
        expect(ticks.length).toBeLessThanOrEqual(8)
        for (const value of ticks) expect(axis.place(value)).toSatisfy(at => at > -1e-6 && at < 1 + 1e-6)
        const shown = given.filter(value => Math.abs(value) < 1e100).sort((a, b) => a - b)
        const places = shown.map(axis.place).filter((_, i) => axis.kind === 'linear' || shown[i]! > 1e-100)
        for (const at of places) expect(at).toSatisfy(share => share > -1e-6 && share < 1 + 1e-6)
        expect(places).toEqual([...places].sort((a, b) => a - b))
        expect(new Set(texts(axis)).size).toBe(ticks.length)
      }),
    )
  })
})

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
