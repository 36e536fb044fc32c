import { describe, expect, it } from 'vitest'
import { countParameters, type Initial, initialValues, type ParameterSpec, parameter } from './network.ts'

const spec = (name: string, shape: number[], initial: Initial): ParameterSpec => ({ name, shape, initial })

const moment = (values: Float32Array, power: number) =>
  values.reduce((sum, value) => sum + value ** power, 0) / values.length

describe('initialValues', () => {
  const [count, bound, deviation] = [40_000, 0.3, 0.02]
  const values = initialValues(
    [
      spec('uniform', [count], { kind: 'uniform', bound }),
      spec('normal', [count], { kind: 'normal', deviation }),
      spec('constant', [3, 5], { kind: 'constant', value: 1.5 }),
    ],
    { seed: 3 },
  )
  const of = (name: string) => values.get(name) as Float32Array

  it('uniform: within the bound, up to it, with the moments of U(−b, b)', () => {
    const drawn = of('uniform')
    expect(Math.max(...drawn)).toBeLessThanOrEqual(Math.fround(bound))
    expect(Math.max(...drawn)).toBeGreaterThan(0.999 * bound)
    expect(Math.min(...drawn)).toBeLessThan(-0.999 * bound)
    // four standard errors of the mean of x, x², x³
    expect(Math.abs(moment(drawn, 1))).toBeLessThan((4 * bound) / Math.sqrt(3 * count))
    expect(Math.abs(moment(drawn, 2) - bound ** 2 / 3)).toBeLessThan(
      (4 * bound ** 2 * Math.sqrt(4 / 45)) / Math.sqrt(count),
    )
    expect(Math.abs(moment(drawn, 3))).toBeLessThan((4 * bound ** 3) / Math.sqrt(7 * count))
  })

  it('normal: the moments of N(0, σ²)', () => {
    const drawn = of('normal')
    expect(Math.abs(moment(drawn, 1))).toBeLessThan((4 * deviation) / Math.sqrt(count))
    expect(Math.abs(moment(drawn, 2) - deviation ** 2)).toBeLessThan(
      (4 * Math.SQRT2 * deviation ** 2) / Math.sqrt(count),
    )
    expect(Math.abs(moment(drawn, 4) - 3 * deviation ** 4)).toBeLessThan(
      (4 * Math.sqrt(96) * deviation ** 4) / Math.sqrt(count),
    )
  })

  it('constant: one value everywhere', () => {
    expect([...of('constant')]).toEqual(new Array(15).fill(1.5))
  })

  const three = (size: number) => [
    spec('a', [size], { kind: 'normal', deviation: 1 }),
    spec('b', [2, 3], { kind: 'normal', deviation: 1 }),
    spec('c', [size, 2], { kind: 'uniform', bound: 1 }),
  ]

  it("a parameter's values depend on its index, not on the sizes of the others", () => {
    const [small, large] = [initialValues(three(4), { seed: 9 }), initialValues(three(500), { seed: 9 })]
    expect(small.get('b')).toEqual(large.get('b'))
    // and a longer one begins as a shorter one does
    expect(large.get('c')?.slice(0, 8)).toEqual(small.get('c'))
  })

  it('indices can start at an offset, so that two networks share no random numbers', () => {
    const all = initialValues(three(4), { seed: 9 })
    const rest = initialValues(three(4).slice(1), { seed: 9, firstIndex: 1 })
    expect(rest.get('b')).toEqual(all.get('b'))
    expect(initialValues(three(4).slice(1), { seed: 9 }).get('b')).not.toEqual(all.get('b'))
  })

  it('another seed, other values; the same seed, the same', () => {
    const [one, again, other] = [5, 5, 6].map(seed => initialValues(three(4), { seed }).get('b'))
    expect(one).toEqual(again)
    expect(one).not.toEqual(other)
  })
})

it('countParameters multiplies shapes and adds them up', () => {
  expect(countParameters([])).toBe(0)
  const specs = [
    spec('w', [4, 3, 3, 3], { kind: 'constant', value: 0 }),
    spec('b', [4], { kind: 'constant', value: 0 }),
  ]
  expect(countParameters(specs)).toBe(112)
})

it('a missing parameter is named', () => {
  expect(() => parameter({}, 'in.weight')).toThrow('the parameter "in.weight" is missing')
})
