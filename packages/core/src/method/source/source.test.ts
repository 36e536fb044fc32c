import { describe, expect, it } from 'vitest'
import { MixflowError } from '../../errors.ts'
import { distance } from '../../fixtures/reference.ts'
import { type Algebra, float32Algebra } from '../algebra.ts'
import { normals } from '../random/random.ts'
import { klDivergence, standardNormal } from './gaussian.ts'
import { type KappaFcOptions, kappaFc } from './kappa-fc.ts'
import { type MixtureOptions, mixture } from './mixture.ts'
import type { SourceDraws } from './source.ts'

// One image of one channel; its many elements are independent draws of the same Gaussian.
const n = 200_000
const algebra = float32Algebra({ elementsPerImage: n })
const mean = 0.7
const logVariance = -1.2
const variance = Math.exp(logVariance)
const constant = (value: number): Float32Array => new Float32Array(n).fill(value)
const encoder = () => algebra.join(constant(mean), constant(logVariance))
const draw = (stream: 'noise' | 'encoderNoise' | 'kappaNoise', seed = 11) =>
  normals({ seed, stream, images: 1, elementsPerImage: n })
const draws = {
  noise: draw('noise'),
  encoderNoise: draw('encoderNoise'),
  kappaNoise: draw('kappaNoise'),
} satisfies SourceDraws<Float32Array>
const x1: Float32Array = constant(0.5)

function moments(x: Float32Array) {
  const average = x.reduce((sum, value) => sum + value, 0) / n
  return { mean: average, variance: x.reduce((sum, value) => sum + (value - average) ** 2, 0) / n }
}

function expectMoments(x: Float32Array, expected: { mean: number; variance: number }) {
  const found = moments(x)
  expect(Math.abs(found.mean - expected.mean)).toBeLessThan(4 * Math.sqrt(expected.variance / n))
  expect(Math.abs(found.variance / expected.variance - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
}

const mixed = (options: MixtureOptions & KappaFcOptions, w?: number) => {
  const { mixing, weight, ...fc } = options
  const source = mixture(kappaFc(encoder, fc), standardNormal(), {
    ...(mixing && { mixing }),
    ...(weight !== undefined && { weight }),
  })
  return source.sample(algebra, {
    x1,
    draws: { ...draws, ...(w !== undefined && { mixtureWeight: Float32Array.of(w) }) },
  })
}

const codeOf = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    return MixflowError.is(error) ? error.code : error
  }
  return undefined
}

describe('moments', () => {
  it('of the standard normal source', () => {
    expectMoments(standardNormal<Float32Array>().sample(algebra, { draws }).x0, { mean: 0, variance: 1 })
  })

  it('of κ-FC: μ and σ², or 1 where only the mean is predicted', () => {
    expectMoments(kappaFc(encoder).sample(algebra, { x1, draws }).x0, { mean, variance })
    const meanOnly = kappaFc(() => constant(mean), { gaussian: 'mean' })
    expectMoments(meanOnly.sample(algebra, { x1, draws }).x0, { mean, variance: 1 })
  })

  it.each([0, 0.25, 0.5, 0.9, 1])('of both mixtures at w = %s', w => {
    expectMoments(mixed({ mixing: 'distribution' }, w).x0, { mean: w * mean, variance: w * variance + 1 - w })
    expectMoments(mixed({ mixing: 'sample' }, w).x0, { mean: w * mean, variance: w ** 2 * variance + (1 - w) ** 2 })
  })
})

describe('mixture', () => {
  it('at w = 0 is exactly the noise, whatever the encoder says', () => {
    expect(distance(mixed({ mixing: 'distribution' }, 0).x0, draws.noise)).toBe(0)
    expect(distance(mixed({ mixing: 'sample' }, 0).x0, draws.noise)).toBe(0)
  })

  it('at w = 1 by samples is exactly κ-FC', () => {
    const alone = kappaFc(encoder).sample(algebra, { x1, draws }).x0
    expect(distance(mixed({ mixing: 'sample' }, 1).x0, alone)).toBe(0)
  })

  it.each([0, 0.3, 1])('a fixed weight %s is the same as drawing it every time', weight => {
    for (const mixing of ['distribution', 'sample'] as const) {
      expect(distance(mixed({ mixing, weight }).x0, mixed({ mixing }, weight).x0)).toBeLessThan(1e-6)
    }
  })

  it('names the draws it needs, and what is missing', () => {
    const needs = (options: MixtureOptions & KappaFcOptions) => {
      const { mixing = 'distribution', weight = 'uniform', ...fc } = options
      return [...mixture(kappaFc(encoder, fc), standardNormal(), { mixing, weight }).needs].sort()
    }
    expect(needs({})).toEqual(['mixtureWeight', 'noise'])
    expect(needs({ mixing: 'sample' })).toEqual(['encoderNoise', 'mixtureWeight', 'noise'])
    expect(needs({ kappa: 'noise', weight: 0.5 })).toEqual(['kappaNoise', 'noise'])
    expect(() => mixed({})).toThrow(/mixtureWeight/)
    expect(() => mixture(kappaFc(encoder), standardNormal()).sample(algebra, { draws })).toThrow(
      /noise|x1|mixtureWeight/,
    )
    expect(() => kappaFc(encoder).sample(algebra, { draws })).toThrow(/"x1" is missing/)
    expect(() => kappaFc(encoder, { kappa: 'label' }).sample(algebra, { x1, draws })).toThrow(/"label" is missing/)
  })

  it('refuses what cannot be mixed or is misspelt', () => {
    const fc = (options: KappaFcOptions) => kappaFc(encoder, options)
    expect(codeOf(() => mixture(fc({ gaussian: 'off' }), standardNormal()))).toBe('ARGUMENT_INVALID')
    expect(codeOf(() => mixture(fc({ tanh: true }), standardNormal()))).toBe('ARGUMENT_INVALID')
    for (const weight of [-0.1, 1.1, Number.NaN, { levels: 0 }, { levels: 1.5 }, 'unifrom' as never, null as never]) {
      expect(codeOf(() => mixture(fc({}), standardNormal(), { weight }))).toBe('ARGUMENT_INVALID')
    }
    expect(codeOf(() => fc({ kapa: 'image' } as never))).toBe('ARGUMENT_INVALID')
    expect(codeOf(() => fc({ kappa: 'images' as never }))).toBe('ARGUMENT_INVALID')
    expect(codeOf(() => fc({ gaussian: 'off' }).encode(algebra, { x1, draws }))).toBe('ARGUMENT_INVALID')
  })
})

describe('κ', () => {
  const seen = (options: KappaFcOptions) => {
    let kappa: Float32Array | undefined
    const source = kappaFc<Float32Array>(
      value => {
        kappa = value
        return constant(0)
      },
      { ...options, gaussian: 'mean' },
    )
    source.sample(algebra, { x1, label: Float32Array.of(3), draws })
    return kappa
  }

  it('is the image, the label, noise, or image and noise joined', () => {
    expect(seen({ kappa: 'image' })).toBe(x1)
    expect(seen({ kappa: 'label' })).toEqual(Float32Array.of(3))
    expect(seen({ kappa: 'noise' })).toBe(draws.kappaNoise)
    expect(distance(seen({ kappa: 'image+noise' })!, algebra.join(x1, draws.kappaNoise))).toBe(0)
  })

  it('with the image in it, sampling starts from N(0, I); else from the source itself', () => {
    for (const kappa of ['image', 'image+noise'] as const) {
      const source = mixture(kappaFc(encoder, { kappa }), standardNormal())
      expect(source.atSampling.sample(algebra, { draws }).x0).toBe(draws.noise)
      expect(kappaFc(encoder, { kappa }).atSampling.sample(algebra, { draws }).x0).toBe(draws.noise)
    }
    for (const kappa of ['label', 'noise'] as const) {
      const source = mixture(kappaFc(encoder, { kappa }), standardNormal())
      expect(source.atSampling).toBe(source)
    }
  })
})

describe('klDivergence', () => {
  const wide: Algebra<Float32Array> = float32Algebra({ elementsPerImage: 2 })
  const of = (...values: number[]) => Float32Array.from(values)

  it('is 0 for N(0, I) and sums over elements, averages over images', () => {
    expect(klDivergence(wide, { mean: of(0, 0), logVariance: of(0, 0) })[0]).toBe(0)
    expect(klDivergence(wide, { mean: of(3, 4, 0, 0) })[0]).toBe(25 / 4)
  })

  it('agrees with Monte Carlo: E[log q − log p] over draws of q', () => {
    const x0 = kappaFc(encoder).sample(algebra, { x1, draws }).x0
    const deviation = Math.sqrt(variance)
    const terms = x0.map(x => -Math.log(deviation) - (x - mean) ** 2 / (2 * variance) + x ** 2 / 2)
    const { mean: estimate, variance: spread } = moments(terms)
    const closedForm = 0.5 * (mean ** 2 + variance - 1 - logVariance)
    expect(Math.abs(estimate - closedForm)).toBeLessThan(4 * Math.sqrt(spread / n))
    const found = klDivergence(algebra, { mean: constant(mean), logVariance: constant(logVariance) })[0]! / n
    expect(Math.abs(found - closedForm)).toBeLessThan(1e-6)
  })
})
