import { describe, expect, it } from 'vitest'
import { distance, reference } from '../../fixtures/reference.ts'
import { curvature } from './curvature.ts'

const field = (x: number, t: number) => Math.sin(3 * x) * (1 - t) + 0.5 * Math.cos(2 * Math.PI * t) * x - 0.3 * x ** 3

type CurvatureNumbers = Record<'8' | '128', { per_sample_float64: number[]; mean: number; std_population: number }>
const solvers = reference<{ curvature: CurvatureNumbers }>('solvers')
const metrics = reference<unknown>('metrics')

describe.skipIf(solvers === undefined)('curvature of the reference field', () => {
  if (solvers === undefined) return
  it.each(['8', '128'] as const)('with %s steps', async steps => {
    const expected = solvers.json.curvature[steps]
    const velocity = (x: Float32Array, t: number) => x.map(value => field(value, t))
    const found = await curvature(velocity, solvers.float32('x0'), { elementsPerImage: 8, steps: Number(steps) })
    expect(distance(found.perImage, expected.per_sample_float64)).toBeLessThan(1e-6)
    expect(found.mean).toBeCloseTo(expected.mean, 6)
    expect(found.standardDeviation).toBeCloseTo(expected.std_population, 6)
    expect(found.nfe).toBe(Number(steps))
  })
})

describe.skipIf(metrics === undefined)('curvature of a given trajectory', () => {
  if (metrics === undefined) return
  it('is the reference metric', async () => {
    const trajectory = metrics.float32('curvature.trajectory')
    const size = 4 * 3 * 4 * 4
    const at = (i: number) => trajectory.subarray(i * size, (i + 1) * size)
    const velocity = (_: Float32Array, t: number) => {
      const [here, next] = [at(Math.round(8 * t)), at(Math.round(8 * t) + 1)]
      return here.map((value, i) => 8 * (next[i]! - value))
    }
    const { perImage } = await curvature(velocity, at(0).slice(), { elementsPerImage: 3 * 4 * 4, steps: 8 })
    expect(distance(perImage, metrics.float32('curvature.value'))).toBeLessThan(1e-5)
  })
})

describe('curvature', () => {
  const x0 = Float32Array.of(1, 2, 3, 4, 5, 6)

  it('is 0 for straight paths, whatever their speed', async () => {
    const { mean, perImage } = await curvature(x => x.map((_, i) => i ** 2), x0, { elementsPerImage: 3 })
    expect([mean, ...perImage]).toEqual([0, 0, 0])
  })

  it('is the variance of the velocity over time', async () => {
    // v = 6t at the times 0, ⅓, ⅔: 0, 2, 4.
    const { perImage } = await curvature((x, t) => x.map(() => 6 * t), x0, { elementsPerImage: 2, steps: 3 })
    expect(distance(perImage, [8 / 3, 8 / 3, 8 / 3])).toBeLessThan(1e-6)
  })

  it('by time is the distance from the mean velocity in each stretch, and averages to the whole', async () => {
    // v = 6t − 2.25 about its mean: −2.25, −0.75, 0.75, 2.25 at the times 0, ¼, ½, ¾
    const { mean, byTime } = await curvature((x, t) => x.map(() => 6 * t), x0, {
      ...{ elementsPerImage: 2, steps: 4, bins: 2 },
    })
    const half = (2.25 ** 2 + 0.75 ** 2) / 2
    expect(distance(byTime, [half, half])).toBeLessThan(1e-6)
    const bent = (x: Float32Array, t: number) => x.map((value, i) => Math.sin(9 * t * value) + i * t ** 3)
    const whole = await curvature(bent, x0, { elementsPerImage: 2, steps: 32 })
    const parts = await curvature(bent, x0, { elementsPerImage: 2, steps: 32, bins: 8 })
    expect(parts.byTime.reduce((sum, value) => sum + value, 0) / 8).toBeCloseTo(whole.mean, 12)
    expect(distance(parts.perImage, whole.perImage)).toBeLessThan(1e-12)
    expect([...whole.byTime][0]).toBeCloseTo(whole.mean, 12)
    expect(mean).toBeCloseTo(half, 6)
  })

  it('refuses what is no whole number of images', async () => {
    await expect(curvature(x => x, x0, { elementsPerImage: 4 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(curvature(x => x, x0, { elementsPerImage: 3, steps: 2, bins: 3 })).rejects.toThrow(/bins must be/)
  })
})
