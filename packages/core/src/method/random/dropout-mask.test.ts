import { describe, expect, it } from 'vitest'
import { MixflowError } from '../../errors.ts'
import { dropoutMask } from './dropout-mask.ts'
import { uniforms } from './random.ts'

const key = { seed: 11, stream: 'dropout' } as const

/** Gaps between dropped values, as many as there are. */
function gapsOf(mask: Uint8Array): number[] {
  const places = [...mask.keys()].filter(i => mask[i] === 0)
  return places.map((place, i) => place - (i === 0 ? -1 : places[i - 1]!) - 1)
}

describe.each([0.001, 0.05, 0.13, 0.25, 0.5, 0.9, 0.999])('a dropout mask of rate %s', rate => {
  const elementsPerImage = 200_000
  const mask = dropoutMask({ ...key, images: 1, elementsPerImage, rate })

  it('drops that share of the values', () => {
    const dropped = mask.filter(value => value === 0).length
    const deviation = Math.sqrt(elementsPerImage * rate * (1 - rate))
    expect(Math.abs(dropped - elementsPerImage * rate)).toBeLessThan(4 * deviation)
    expect(mask.every(value => value === 0 || value === 1)).toBe(true)
  })

  it('each value by itself: neighbours are dropped together as often as chance has it', () => {
    for (const distance of [1, 2, 7]) {
      const count = elementsPerImage - distance
      const together = Array.from({ length: count }, (_, i) => Number(mask[i] === 0 && mask[i + distance] === 0))
      const expected = count * rate ** 2
      const found = together.reduce((a, b) => a + b, 0)
      expect(Math.abs(found - expected)).toBeLessThan(4 * Math.sqrt(Math.max(expected, 4) * (1 + 2 * rate)))
    }
  })

  it('by the gaps that the uniform numbers of the stream mean', () => {
    const numbers = uniforms({ ...key, images: 1, elementsPerImage: 2000 })
    const reference = [...numbers].map(u => {
      let [gap, power] = [0, 1 - rate]
      // what is smaller than the smallest number but 0 cannot be told apart
      while (u < power) {
        gap++
        if (power <= 2 ** -24) break
        power *= 1 - rate
      }
      return gap
    })
    const found = gapsOf(mask).slice(0, 2000)
    expect(found).toEqual(reference.slice(0, found.length))
  })

  it('image i is the same whatever the batch, and a longer image begins as a shorter one', () => {
    const shape = { elementsPerImage: 1000, rate }
    const all = dropoutMask({ ...key, ...shape, images: 4 })
    expect(dropoutMask({ ...key, ...shape, firstImage: 2, images: 2 })).toEqual(all.subarray(2000))
    expect(dropoutMask({ ...key, rate, images: 1, elementsPerImage: 300 })).toEqual(all.subarray(0, 300))
    expect(all.subarray(0, 1000)).not.toEqual(all.subarray(1000, 2000))
  })
})

it('rate 0 keeps everything; other rates are refused', () => {
  expect(dropoutMask({ ...key, images: 2, elementsPerImage: 3, rate: 0 })).toEqual(new Uint8Array(6).fill(1))
  for (const rate of [-0.1, 1, 1e-4, Number.NaN]) {
    expect(() => dropoutMask({ ...key, images: 1, rate })).toThrow(MixflowError)
  }
})
