import { normals } from '@mixflow/core'
import { describe, expect, it } from 'vitest'
import { type Gaussian, gaussianOf, mergeStatistics, statisticsOf } from './feature-statistics.ts'
import { distance, sharedJson, sharedTensors } from './fixtures/reference.ts'
import { frechetDistance } from './frechet-distance.ts'

interface FrechetCase {
  readonly name: string
  readonly dim?: number
  readonly symmetric_route: number
  readonly mean_term: number
}
interface Metrics {
  readonly frechet: {
    readonly cases: readonly FrechetCase[]
    readonly batched: { readonly parts: readonly [number, number] }
  }
}

/**
 * The same formula in arithmetic of 40 digits. Where covariances are singular, the reference implementations differ from
 * it, and from each other, in the sixth digit: they keep the roots of eigenvalues that only rounding made.
 */
const exact: Readonly<Record<string, number>> = {
  near_singular: 10.0416081431663,
  dead_features: 21.20143437572534,
  few_samples: 129.236495730053,
}

const json = sharedJson<Metrics>('reference/metrics/metrics.json')
const tensors = sharedTensors('reference/metrics/metrics.safetensors')

describe.skipIf(json === undefined)('against the reference numbers', () => {
  if (json === undefined || tensors === undefined) return
  const { cases, batched } = json.frechet
  const features = cases.filter(({ name }) => tensors.names.includes(`${name}.features1`))

  it('covers all cases', () => expect([cases.length, features.length]).toEqual([7, 6]))

  it.each(features.map(c => [c.name, c] as const))('%s', (name, c) => {
    const [a, b] = [1, 2].map(i => gaussianOf(statisticsOf(tensors.float32(`${name}.features${i}`), 64)))
    for (const [gaussian, i] of [
      [a, 1],
      [b, 2],
    ] as const) {
      expect(distance(gaussian?.mean ?? [], tensors.float64(`${name}.mean${i}`))).toBeLessThan(1e-12)
      expect(distance(gaussian?.covariance ?? [], tensors.float64(`${name}.cov${i}`))).toBeLessThan(1e-11)
    }
    const found = frechetDistance(a as Gaussian, b as Gaussian)
    expect(Math.abs(found.distance - c.symmetric_route)).toBeLessThan(name in exact ? 6e-6 : 5e-9)
    expect(found.distance).toBeCloseTo(exact[name] ?? Math.max(0, c.symmetric_route), 7)
    expect(found.meanTerm).toBeCloseTo(c.mean_term, 10)
    expect(frechetDistance(b as Gaussian, a as Gaussian).distance).toBeCloseTo(found.distance, 7)
  })

  it('merged batches equal all rows at once', () => {
    const all = tensors.float32('full.features1')
    const [first] = batched.parts
    const parts = [all.subarray(0, first * 64), all.subarray(first * 64)].map(part => statisticsOf(part, 64))
    const merged = mergeStatistics(...(parts as [(typeof parts)[0], (typeof parts)[0]]))
    const whole = statisticsOf(all, 64)
    expect(merged.count).toBe(500)
    expect(distance(merged.mean, whole.mean)).toBeLessThan(1e-13)
    expect(distance(merged.scatter, whole.scatter)).toBeLessThan(1e-10)
    expect(distance(gaussianOf(merged).covariance, tensors.float64('full.cov1'))).toBeLessThan(1e-12)
  })
})

const calibration = sharedTensors('reference/resnet/frechet-calibration.safetensors')
const resnet = sharedJson<{ results: { calibration: Record<string, { fd: number }> } }>('reference/resnet/resnet.json')

describe.skipIf(resnet === undefined)('the calibration of FD-ResNet56', () => {
  if (resnet === undefined || calibration === undefined) return
  const of = (name: string): Gaussian => ({
    mean: calibration.float64(`mean_${name}`),
    covariance: calibration.float64(`cov_${name}`),
  })
  it.each([
    ['i_train[0:5000]_vs_train[5000:10000]', 'i_a', 'i_b'],
    ['iii_train[0:5000]_vs_same_plus_noise_0.1', 'i_a', 'noise01'],
    ['iv_train[0:5000]_vs_pure_noise', 'i_a', 'purenoise'],
  ])('%s', (name, a, b) => {
    expect(frechetDistance(of(a), of(b)).distance).toBeCloseTo(resnet.results.calibration[name]?.fd as number, 8)
  })
})

describe('frechetDistance', () => {
  const diagonal = (mean: number, variances: readonly number[]): Gaussian => ({
    mean: new Float64Array(variances.length).fill(mean),
    covariance: Float64Array.from({ length: variances.length ** 2 }, (_, k) =>
      k % (variances.length + 1) === 0 ? (variances[k % variances.length] as number) : 0,
    ),
  })

  it('equals the closed form for diagonal covariances', () => {
    const [a, b] = [
      [0.1, 2, 0, 3],
      [1.5, 0.2, 0.7, 0],
    ]
    const expected =
      4 * 0.25 + (a as number[]).reduce((sum, v, i) => sum + (Math.sqrt(v) - Math.sqrt(b?.[i] ?? 0)) ** 2, 0)
    const found = frechetDistance(diagonal(0, a as number[]), diagonal(0.5, b as number[]))
    expect(found.distance).toBeCloseTo(expected, 12)
    expect(found.meanTerm).toBe(1)
  })

  it('is 0 for a set with itself, and never negative', () => {
    for (let seed = 0; seed < 5; seed++) {
      const rows = normals({ seed, stream: 'probe', images: 30, elementsPerImage: 20 })
      const gaussian = gaussianOf(statisticsOf(rows, 20))
      const { distance: found } = frechetDistance(gaussian, gaussian)
      expect(found).toBeGreaterThanOrEqual(0)
      expect(found).toBeLessThan(1e-9)
    }
  })

  it('is invariant to a rotation of both sets', () => {
    const rows = (seed: number) => normals({ seed, stream: 'probe', images: 50, elementsPerImage: 2 })
    const turned = (x: Float32Array) => {
      const [c, s] = [Math.cos(1), Math.sin(1)]
      return Float64Array.from(x, (value, i) =>
        i % 2 === 0 ? c * value - s * (x[i + 1] as number) : s * (x[i - 1] as number) + c * value,
      )
    }
    const skewed = (x: Float32Array) => x.map((value, i) => (i % 2 === 0 ? 3 * value + 1 : value))
    const gaussian = (x: Float32Array | Float64Array) => gaussianOf(statisticsOf(x, 2))
    const [a, b] = [rows(1), skewed(rows(2))]
    const plain = frechetDistance(gaussian(a), gaussian(b)).distance
    expect(frechetDistance(gaussian(turned(a)), gaussian(turned(b))).distance).toBeCloseTo(plain, 10)
  })

  it('refuses statistics that cannot be compared, merged or computed', () => {
    const statistics = (n: number) =>
      statisticsOf(
        new Float32Array(2 * n).map((_, i) => i),
        n,
      )
    expect(() => frechetDistance(gaussianOf(statistics(2)), gaussianOf(statistics(3)))).toThrow(/cannot be compared/)
    expect(() => mergeStatistics(statistics(2), statistics(3))).toThrow(/cannot be merged/)
    expect(() => gaussianOf(statisticsOf(Float32Array.of(1, 2), 2))).toThrow(/at least two images/)
    expect(() => statisticsOf(Float32Array.of(1, 2, 3), 2)).toThrow(/not a whole number of rows of 2/)
    expect(() => statisticsOf(Float32Array.of(1, Number.NaN), 1)).toThrow(/row 1 has the feature NaN/)
  })

  it('is accurate for large means', () => {
    const rows = normals({ seed: 3, stream: 'probe', images: 400, elementsPerImage: 1 })
    const shifted = Float64Array.from(rows, value => value + 1e8)
    const [near, far] = [statisticsOf(rows, 1), statisticsOf(shifted, 1)]
    expect(far.scatter[0]).toBeCloseTo(near.scatter[0] as number, 4)
    const halves = mergeStatistics(statisticsOf(shifted.subarray(0, 150), 1), statisticsOf(shifted.subarray(150), 1))
    expect(halves.scatter[0]).toBeCloseTo(near.scatter[0] as number, 4)
  })
})
