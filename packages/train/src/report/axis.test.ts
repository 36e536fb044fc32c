import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Axis, axisOf } from './axis.ts'

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
