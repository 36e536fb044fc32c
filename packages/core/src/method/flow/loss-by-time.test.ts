import { describe, expect, it } from 'vitest'
import { gaussianVelocity } from '../../testing/exact-odes.ts'
import { normals } from '../random/random.ts'
import { type LossByTimeOptions, lossByTime } from './loss-by-time.ts'

const elementsPerImage = 6
const images = 3000
const data = { mean: 0.3, deviation: 0.5 }
const draw = (stream: 'noise' | 'probe') => normals({ seed: 3, stream, images, elementsPerImage })
const x0 = draw('noise')
const x1 = draw('probe').map(z => data.mean + data.deviation * z)
const pairs = { x0, x1, elementsPerImage, seed: 1, batchSize: 500 }

type Velocity = Parameters<typeof lossByTime>[0]
const exact: Velocity = (x, { t }) => x.map((value, i) => gaussianVelocity(value, t[Math.floor(i / 6)]!, data))

/**
 * What even the exact velocity of independent Gaussian ends cannot know: Var(x1 − x0 | xt) = s² / (t²s² + (1 − t)²), whose
 * integral is s · atan2(ts, 1 − t).
 */
function leastLoss(from: number, to: number): number {
  const { deviation: s } = data
  const integral = (t: number) => s * Math.atan2(t * s, 1 - t)
  return (integral(to) - integral(from)) / (to - from)
}

describe('lossByTime', () => {
  it('of the exact velocity is what cannot be known, in every bin and in all', async () => {
    const { bins, loss, standardError } = await lossByTime(exact, pairs)
    expect(bins.map(({ from, to }) => [from, to])).toEqual(
      Array.from({ length: 10 }, (_, bin) => [bin / 10, (bin + 1) / 10]),
    )
    for (const bin of bins) {
      const expected = leastLoss(bin.from, bin.to)
      expect(Math.abs(bin.loss - expected)).toBeLessThan(4 * bin.standardError)
      expect(bin.standardError).toBeLessThan(0.02 * expected)
    }
    expect(Math.abs(loss - leastLoss(0, 1))).toBeLessThan(4 * standardError)
  })

  it('of a velocity that is wrong by a constant is larger by its square', async () => {
    const off: Velocity = async (x, inputs) => (await exact(x, inputs)).map(value => value + 0.7)
    const [right, wrong] = [await lossByTime(exact, pairs), await lossByTime(off, pairs)]
    for (const [i, { loss, standardError }] of wrong.bins.entries()) {
      expect(Math.abs(loss - right.bins[i]!.loss - 0.49)).toBeLessThan(5 * standardError)
    }
  })

  it('is 0 where xt determines the velocity: all trajectories start at one point', async () => {
    const toPoint: Velocity = (x, { t }) => x.map((value, i) => value / t[Math.floor(i / 6)]!)
    const { bins } = await lossByTime(toPoint, { ...pairs, x0: new Float32Array(x1.length) })
    for (const bin of bins) expect(bin.loss).toBeLessThan(1e-9)
  })

  it('has a standard error that covers the deviation of other images', async () => {
    const measured = await Promise.all(
      Array.from({ length: 60 }, (_, i) => {
        const range = [i * 50 * elementsPerImage, (i + 1) * 50 * elementsPerImage] as const
        return lossByTime(exact, { ...pairs, seed: i, x0: x0.subarray(...range), x1: x1.subarray(...range) })
      }),
    )
    const expected = leastLoss(0, 1)
    const spread = Math.sqrt(measured.reduce((sum, { loss }) => sum + (loss - expected) ** 2, 0) / 60)
    const claimed = measured.reduce((sum, { standardError }) => sum + standardError, 0) / 60
    expect(spread / claimed).toBeGreaterThan(0.7)
    expect(spread / claimed).toBeLessThan(1.4)
  })

  it('does not depend on the batch size, and gives each image its label and weight', async () => {
    const label = Int32Array.from({ length: images }, (_, i) => i % 7)
    const seen = new Map<number, Set<number>>()
    const velocity: Velocity = (x, { t, label: own, w }) => {
      own!.forEach((value, i) => void (seen.get(value) ?? seen.set(value, new Set()).get(value))!.add(w![i]!))
      return x.map((_, i) => own![Math.floor(i / 6)]! * t[Math.floor(i / 6)]!)
    }
    const options: LossByTimeOptions = { ...pairs, label, mixtureWeight: 0.5, bins: 3 }
    const all = await lossByTime(velocity, options)
    expect(await lossByTime(velocity, { ...options, batchSize: 77 })).toEqual(all)
    expect(await lossByTime(velocity, { ...options, seed: 2 })).not.toEqual(all)
    expect([...seen].sort()).toEqual(Array.from({ length: 7 }, (_, i) => [i, new Set([0.5])]))
    expect(all.bins).toHaveLength(3)
  })

  it('reports progress and stops when aborted', async () => {
    const controller = new AbortController()
    const fractions: number[] = []
    const onProgress = (fraction: number) => {
      fractions.push(fraction)
      if (fractions.length === 15) controller.abort()
    }
    const run = lossByTime(exact, { ...pairs, batchSize: 1500, onProgress, signal: controller.signal })
    await expect(run).rejects.toMatchObject({ code: 'ABORTED' })
    expect(fractions).toEqual(Array.from({ length: 15 }, (_, i) => expect.closeTo((i + 1) / 20, 9)))
  })

  it.each<[string, Partial<LossByTimeOptions>]>([
    ['ends of different length', { x0: x0.subarray(6) }],
    ['no images', { x0: new Float32Array(0), x1: new Float32Array(0) }],
    ['half an image', { elementsPerImage: 4, x0: x0.subarray(0, 6), x1: x1.subarray(0, 6) }],
    ['labels for others', { label: new Int32Array(2) }],
    ['no bins', { bins: 0 }],
    ['half a batch', { batchSize: 0.5 }],
    ['a misspelt option', { batchsize: 4 } as Partial<LossByTimeOptions>],
  ])('refuses %s', async (_, options) => {
    await expect(lossByTime(exact, { ...pairs, ...options })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})
