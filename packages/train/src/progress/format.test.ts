import { expect, it } from 'vitest'
import { formatBytes, formatCount, formatDuration, formatLarge, formatNumber, formatPercent } from './format.ts'

const table = <T>(format: (value: T) => string, rows: readonly (readonly [T, string])[]) =>
  expect(rows.map(([value]) => format(value))).toEqual(rows.map(([, text]) => text))

it('counts have commas', () => {
  table(formatCount, [
    [0, '0'],
    [-0.2, '0'],
    [999.6, '1,000'],
    [64_000, '64,000'],
    [1_234_567, '1,234,567'],
    [Number.NaN, '–'],
  ])
})

it('numbers have three digits', () => {
  table(formatNumber, [
    [0, '0.00'],
    [0.2434, '0.243'],
    [15.26, '15.3'],
    [999.4, '999'],
    [999.6, '1,000'],
    [-1820.4, '-1,820'],
    [0.0002, '0.000200'],
    [0.00002, '2.00e-5'],
    [1e21, '1.00e+21'],
    [Number.POSITIVE_INFINITY, '–'],
  ])
})

it('large counts are a few characters', () => {
  table(formatLarge, [
    [9_999, '9,999'],
    [10_000, '10 thousand'],
    [663_421, '663 thousand'],
    [999_600, '1 million'],
    [1_000_000, '1 million'],
    [55_734_400, '55.7 million'],
    [2_500_000_000, '2.5 billion'],
    [Number.NaN, '–'],
  ])
})

it('durations have two units and never sixty of one', () => {
  table(formatDuration, [
    [0, '0.0 s'],
    [8.44, '8.4 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [59.7, '1 min 0 s'],
    [252, '4 min 12 s'],
    [3599.7, '1 h 0 min'],
    [11_100, '3 h 5 min'],
    [86_399, '1 d 0 h'],
    [187_200, '2 d 4 h'],
    [-1, '–'],
    [Number.POSITIVE_INFINITY, '–'],
  ])
})

it('bytes have decimal units', () => {
  table(formatBytes, [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [9_912_422, '9.9 MB'],
    [170_052_171, '170 MB'],
    [999_700, '1.0 MB'],
    [Number.NaN, '–'],
  ])
})

it('percent round down, and stay in range', () => {
  table(formatPercent, [
    [0.9999, '99 %'],
    [1, '100 %'],
    [0.29, '29 %'],
    [1.2, '100 %'],
    [-1, '0 %'],
    [Number.NaN, '–'],
  ])
})
