import { describe, expect, it } from 'vitest'
import { distance } from '../fixtures/reference.ts'
import { float32Algebra } from '../method/algebra.ts'
import { normals } from '../method/random/random.ts'
import { standardNormal } from '../method/source/gaussian.ts'
import { kappaFc } from '../method/source/kappa-fc.ts'
import { mixture } from '../method/source/mixture.ts'
import { drawSource } from './draw-source.ts'
import type { SourceFacts } from './model-facts.ts'

const elementsPerImage = 4
const range = { seed: 8, firstImage: 5, images: 3, elementsPerImage }
const algebra = float32Algebra({ elementsPerImage })
const x1 = normals({ ...range, stream: 'probe' })
const facts: SourceFacts = {
  kappa: 'image',
  gaussian: 'mean-variance',
  mixing: 'distribution',
  tanh: false,
  conditionOnWeight: false,
  klWeight: 0,
}

/** Mean and log-variance of any signal with one or two images' worth of numbers per image. */
const network = (kappa: Float32Array) => {
  const signal = kappa.length === x1.length ? kappa : algebra.add(...halves(kappa))
  return { mean: algebra.tanh(signal), logVariance: algebra.scale(algebra.square(signal), -0.5) }
}
const halves = (x: Float32Array): [Float32Array, Float32Array] => {
  const { first, second } = algebra.halves(x)
  return [first, second]
}

describe('drawSource', () => {
  // sampling covers κ = label and noise (sample.test.ts)
  it.each([
    ['image', 'distribution'],
    ['image', 'sample'],
    ['image+noise', 'distribution'],
    ['image+noise', 'sample'],
  ] as const)('κ = %s with %s mixing gives the x0 of training', async (kappa, mixing) => {
    const source = mixture(
      kappaFc((signal: Float32Array) => algebra.join(network(signal).mean, network(signal).logVariance), { kappa }),
      standardNormal(),
      { mixing },
    )
    const draw = (stream: 'noise' | 'encoderNoise' | 'kappaNoise') => normals({ ...range, stream })
    const draws = { noise: draw('noise'), encoderNoise: draw('encoderNoise'), kappaNoise: draw('kappaNoise') }
    for (const mixtureWeight of [0, 0.5, 1]) {
      const w = new Float32Array(range.images).fill(mixtureWeight)
      const expected = source.sample(algebra, { x1, draws: { ...draws, mixtureWeight: w } })
      const encode = async (signal: Float32Array | Int32Array) => network(signal as Float32Array)
      const x0 = await drawSource({ ...range, source: { ...facts, kappa, mixing }, mixtureWeight, x1, encode })
      expect(distance(x0, expected.x0)).toBeLessThan(1e-6)
    }
  })

  it('passes the label to an encoder that takes one', async () => {
    const seen: unknown[] = []
    const encode = async (signal: Float32Array | Int32Array, label?: Int32Array) => {
      seen.push(label)
      return network(signal as Float32Array)
    }
    const label = Int32Array.of(2, 0, 1)
    const input = { ...range, mixtureWeight: 0.5, x1, label, encode }
    const labelled = { ...facts, encoderLabel: true }
    await drawSource({ ...input, source: labelled })
    await drawSource({ ...input, source: facts })
    expect(seen).toEqual([label, undefined])
    await expect(drawSource({ ...input, label: undefined, source: labelled })).rejects.toThrow(/"label" is missing/)
  })

  it('needs the parts of κ and an encoder only at w > 0', async () => {
    const input = { ...range, source: facts, mixtureWeight: 0.5, encode: async () => ({ mean: x1 }) }
    await expect(drawSource(input)).rejects.toThrow('"x1" is missing: κ is image')
    await expect(drawSource({ ...input, source: { ...facts, kappa: 'label' } })).rejects.toThrow('"label" is missing')
    await expect(drawSource({ ...input, x1, encode: undefined })).rejects.toMatchObject({ code: 'MODEL_INVALID' })
    const noise = normals({ ...range, stream: 'noise' })
    expect(await drawSource({ ...range, source: facts, mixtureWeight: 0 })).toEqual(noise)
    expect(await drawSource({ ...range, source: null, mixtureWeight: 1 })).toEqual(noise)
  })
})
