import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MixflowError } from '../../errors.ts'
import { goldenNoise, noiseHash } from '../../testing/golden-noise.ts'
import { integers, maxSeed, normals, permutation, uniforms } from './random.ts'
import { type Stream, streams } from './streams.ts'

const code = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return MixflowError.is(error) ? error.code : error
  }
  return 'no error'
}

const mean = (values: ArrayLike<number>, power = 1) => {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! ** power
  return sum / values.length
}

const correlation = (a: Float32Array, b: Float32Array) => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum / a.length
}

/** Largest distance between the empirical and the stated distribution function, times √n: above 1.95 once in 1,000. */
const kolmogorovSmirnov = (values: Float32Array, distribution: (x: number) => number) => {
  const sorted = values.slice().sort()
  let distance = 0
  for (let i = 0; i < sorted.length; i++) {
    const p = distribution(sorted[i]!)
    distance = Math.max(distance, Math.abs(p - i / sorted.length), Math.abs((i + 1) / sorted.length - p))
  }
  return distance * Math.sqrt(sorted.length)
}

/** χ² of counts against equal expectation, as standard deviations from its mean. */
const chiSquareScore = (counts: ArrayLike<number>, total: number) => {
  const expected = total / counts.length
  const chiSquare = Array.from(counts).reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  return (chiSquare - (counts.length - 1)) / Math.sqrt(2 * (counts.length - 1))
}

/** Φ by numerical integration of the density: independent of the generator's own approximations. */
const normalTable = (() => {
  const step = 1 / 2048
  const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
  const table = new Float64Array(14 / step + 1)
  for (let i = 1; i < table.length; i++) {
    const a = -7 + (i - 1) * step
    table[i] = table[i - 1]! + (step / 6) * (density(a) + 4 * density(a + step / 2) + density(a + step))
  }
  return (x: number) => {
    const at = (Math.max(-7, Math.min(6.999, x)) + 7) / step
    const i = Math.floor(at)
    return table[i]! + (at - i) * (table[i + 1]! - table[i]!)
  }
})()

describe('golden numbers', () => {
  it('the noise has the published hash', async () => {
    expect(await noiseHash()).toBe(goldenNoise.sha256)
  })

  // From an independent implementation with 40 digits, rounded once to float32.
  it('begins as computed elsewhere, also for large seeds and images', () => {
    expect(Array.from(normals({ seed: 42, stream: 'noise', images: 1, elementsPerImage: 4 }))).toEqual([
      0.4936980605125427, 0.42933568358421326, 0.5423545241355896, -1.1676297187805176,
    ])
    const far = { seed: maxSeed, stream: 'time', firstImage: 2 ** 40 + 5, images: 1, elementsPerImage: 4 } as const
    expect(Array.from(normals(far))).toEqual([
      -0.023202084004878998, 0.27545827627182007, 1.9160178899765015, 1.3214446306228638,
    ])
  })

  it('streams keep their numbers', () => {
    expect(streams).toMatchObject({ noise: 0, encoderNoise: 1, kappaNoise: 2, time: 3, mixtureWeight: 4, order: 5 })
    expect(new Set(Object.values(streams)).size).toBe(Object.keys(streams).length)
  })
})

describe('distribution', () => {
  const million = { seed: 1, stream: 'noise', images: 1000, elementsPerImage: 1000 } as const
  const z = normals(million)
  const u = uniforms(million)

  it('normals have the moments of N(0, 1)', () => {
    // Standard errors of the first four moments of a million draws: 1e-3, 1.4e-3, 3.9e-3, 9.8e-3.
    expect(Math.abs(mean(z))).toBeLessThan(4e-3)
    expect(Math.abs(mean(z, 2) - 1)).toBeLessThan(5.7e-3)
    expect(Math.abs(mean(z, 3))).toBeLessThan(1.6e-2)
    expect(Math.abs(mean(z, 4) - 3)).toBeLessThan(4e-2)
  })

  it('normals follow Φ, and a wrong scale or shift would be seen', () => {
    expect(kolmogorovSmirnov(z, normalTable)).toBeLessThan(1.95)
    expect(kolmogorovSmirnov(z, x => normalTable(x * 1.01))).toBeGreaterThan(1.95)
    expect(kolmogorovSmirnov(z, x => normalTable(x + 0.005))).toBeGreaterThan(1.95)
  })

  it.each([3, 4, 4.5])('as many lie beyond %s standard deviations as should, on both sides', edge => {
    const expected = normalTable(-edge) * z.length
    for (const side of [z.filter(x => x > edge), z.filter(x => x < -edge)]) {
      expect(Math.abs(side.length - expected)).toBeLessThan(4 * Math.sqrt(expected))
    }
  })

  it('uniforms are multiples of 2⁻²⁴ in [0, 1) and fill it evenly, in one and two dimensions', () => {
    const one = new Float64Array(1024)
    const two = new Float64Array(1024)
    let outside = 0
    for (let i = 0; i < u.length; i++) {
      const value = u[i]!
      if (!(value >= 0 && value < 1 && Number.isInteger(value * 2 ** 24))) outside++
      one[Math.floor(value * 1024)]!++
      if (i % 2 === 1) two[Math.floor(u[i - 1]! * 32) * 32 + Math.floor(value * 32)]!++
    }
    expect(outside).toBe(0)
    expect(Math.abs(chiSquareScore(one, u.length))).toBeLessThan(4)
    expect(Math.abs(chiSquareScore(two, u.length / 2))).toBeLessThan(4)
    expect(kolmogorovSmirnov(u, x => x)).toBeLessThan(1.95)
  })

  it('every bit of the uniforms is fair', () => {
    const ones = new Float64Array(24)
    for (const value of u) for (let bit = 0; bit < 24; bit++) ones[bit]! += ((value * 2 ** 24) >>> bit) & 1
    for (const count of ones) expect(Math.abs(count / u.length - 0.5)).toBeLessThan(4 * 5e-4)
  })
})

describe('independence', () => {
  const base = { seed: 3, stream: 'noise', images: 1, elementsPerImage: 200_000 } as const
  const z = normals(base)
  // A correlation of independent sequences has standard deviation 1/√n = 0.0022.
  const independent = (other: Float32Array) => expect(Math.abs(correlation(z, other))).toBeLessThan(0.009)

  it.each(Object.keys(streams).slice(1) as Stream[])('of the stream "noise" from "%s"', stream => {
    independent(normals({ ...base, stream }))
  })
  it.each([4, 2, 3 + 2 ** 32, maxSeed])('of seed 3 from seed %s', seed => independent(normals({ ...base, seed })))
  it.each([1, 2, 2 ** 32, 2 ** 45])('of image 0 from image %s', firstImage =>
    independent(normals({ ...base, firstImage })),
  )
  it.each([1, 2, 3, 4, 1000])('of elements %s apart', lag => {
    expect(Math.abs(correlation(z.subarray(lag), z.subarray(0, z.length - lag)))).toBeLessThan(0.009)
  })

  it('image i does not depend on how the images are batched', () => {
    const shape = fc.record({
      seed: fc.integer({ min: 0, max: maxSeed }),
      elementsPerImage: fc.integer({ min: 1, max: 40 }),
      firstImage: fc.integer({ min: 0, max: 2 ** 50 }),
      images: fc.integer({ min: 1, max: 12 }),
      cut: fc.nat(12),
    })
    fc.assert(
      fc.property(shape, fc.constantFrom(normals, uniforms), ({ cut, ...draw }, draws) => {
        const all = draws({ ...draw, stream: 'noise' })
        const first = Math.min(cut, draw.images)
        const rest = { firstImage: draw.firstImage + first, images: draw.images - first }
        const a = draws({ ...draw, stream: 'noise', images: first })
        const b = draws({ ...draw, ...rest, stream: 'noise' })
        expect([...a, ...b]).toEqual([...all])
      }),
      { seed: 1 },
    )
  })

  it('fewer elements per image are the first ones of more', () => {
    const few = uniforms({ ...base, elementsPerImage: 5 })
    expect(few).toEqual(uniforms({ ...base, elementsPerImage: 11 }).subarray(0, 5))
  })

  it('fills the given array, which may be a part of a larger one', () => {
    const memory = new Float32Array(20).fill(9)
    const out = memory.subarray(5, 17)
    const draw = { seed: 8, stream: 'noise', images: 3, elementsPerImage: 4 } as const
    expect(normals({ ...draw, out })).toBe(out)
    expect(out).toEqual(normals(draw))
    expect([...memory.subarray(0, 5), ...memory.subarray(17)]).toEqual(Array(8).fill(9))
  })
})

describe('integers and permutations', () => {
  it.each([1, 2, 3, 10, 1000, 2 ** 31 + 1, 2 ** 32])('integers below %s fill the range evenly', below => {
    const draws = integers({ seed: 5, stream: 'label', images: 1000, elementsPerImage: 40, below })
    const bins = Math.min(below, 1000)
    const counts = new Float64Array(bins)
    for (const value of draws) {
      expect(value < below).toBe(true)
      counts[Math.floor((value / below) * bins)]!++
    }
    if (bins > 1) expect(Math.abs(chiSquareScore(counts, draws.length))).toBeLessThan(4)
  })

  it('rejected words are drawn again without changing other elements', () => {
    const draw = { seed: 5, stream: 'label', elementsPerImage: 3, below: 2 ** 31 + 1 } as const
    const all = integers({ ...draw, images: 20 })
    expect(integers({ ...draw, firstImage: 7, images: 4 })).toEqual(all.slice(21, 33))
  })

  it('permutations contain each number once and differ by index, seed and stream', () => {
    const draw = { seed: 9, stream: 'order', index: 0, length: 1000 } as const
    const order = permutation(draw)
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
    expect(permutation(draw)).toEqual(order)
    for (const other of [{ index: 1 }, { seed: 10 }, { stream: 'label' } as const]) {
      expect(permutation({ ...draw, ...other })).not.toEqual(order)
    }
    expect([...permutation({ ...draw, length: 0 }), ...permutation({ ...draw, length: 1 })]).toEqual([0])
  })

  it('all 24 orders of four come equally often', () => {
    const counts: Record<string, number> = {}
    for (let index = 0; index < 4800; index++) {
      const order = permutation({ seed: 2, stream: 'order', index, length: 4 }).join('')
      counts[order] = (counts[order] ?? 0) + 1
    }
    expect(Object.keys(counts)).toHaveLength(24)
    expect(Math.abs(chiSquareScore(Object.values(counts), 4800))).toBeLessThan(4)
  })
})

describe('bad arguments', () => {
  const draw = { seed: 1, stream: 'noise', images: 2, elementsPerImage: 3 } as const
  it.each([-1, 1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY, '1' as never])('seed %s is refused', seed => {
    expect(code(() => normals({ ...draw, seed }))).toBe('ARGUMENT_INVALID')
  })
  it.each([
    { images: -1 },
    { images: 1.5 },
    { elementsPerImage: -1 },
    { firstImage: -1 },
    { firstImage: maxSeed },
    { stream: 'nose' as Stream },
    { stream: 'toString' as Stream },
    { out: new Float32Array(5) },
    { out: [] as never },
  ])('%o is refused', wrong => {
    expect(code(() => uniforms({ ...draw, ...wrong }))).toBe('ARGUMENT_INVALID')
  })
  it('a range or length outside 32 bits is refused', () => {
    for (const below of [0, 2 ** 32 + 1, 1.5]) expect(code(() => integers({ ...draw, below }))).toBe('ARGUMENT_INVALID')
    const order = { seed: 1, stream: 'order', index: 0 } as const
    for (const length of [-1, 0.5, 2 ** 33])
      expect(code(() => permutation({ ...order, length }))).toBe('ARGUMENT_INVALID')
  })
})
