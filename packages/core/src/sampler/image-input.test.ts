/** Images that callers pass in, and interpolation between noises. Whole calls are tested by testing/conformance. */
import { describe, expect, it } from 'vitest'
import { toRgba } from '../image/pixels.ts'
import { normals } from '../method/random/random.ts'
import { type ImageInput, imageNumbers } from './image-input.ts'
import { slerp } from './interpolate.ts'

const length = (x: Float32Array) => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0))

describe('slerp between two noises', () => {
  const noise = (seed: number) => normals({ seed, stream: 'noise', images: 1, elementsPerImage: 3072 })
  const [a, b] = [noise(1), noise(2)]

  it('preserves the length, unlike a straight line', () => {
    for (const part of [0.1, 0.25, 0.5, 0.9]) expect(length(slerp(a, b, part)) / length(a)).toBeCloseTo(1, 1)
    expect(length(a.map((value, i) => (value + b[i]!) / 2)) / length(a)).toBeLessThan(0.75)
  })

  it('divides a right angle evenly', () => {
    const [x, y] = [Float32Array.of(2, 0), Float32Array.of(0, 2)]
    for (const part of [0, 1 / 3, 0.5, 1]) {
      const [cosine, sine] = slerp(x, y, part)
      expect(cosine).toBeCloseTo(2 * Math.cos((part * Math.PI) / 2), 6)
      expect(sine).toBeCloseTo(2 * Math.sin((part * Math.PI) / 2), 6)
    }
  })

  it('returns the ends exactly and stays finite for opposite noises', () => {
    expect(slerp(a, b, 0)).toEqual(a)
    expect(slerp(a, b, 1)).toEqual(b)
    const opposite = a.map(value => -value)
    for (const part of [0, 0.5, 1]) expect(slerp(a, opposite, part).every(Number.isFinite)).toBe(true)
  })
})

describe('an input image', () => {
  const planes = (channels: number) => ({
    ...{ channels, height: 2, width: 3 },
    data: Float32Array.from({ length: channels * 6 }, (_, i) => (i % 256) / 127.5 - 1),
  })

  it.each([3, 4])('with %i channels gives the same numbers as planar data and as RGBA bytes', channels => {
    const image = planes(channels)
    expect([...imageNumbers(toRgba(image), image)]).toEqual([...image.data])
    expect(imageNumbers(image, image)).toBe(image.data)
  })

  it('is converted to grey for a model with one channel', () => {
    const grey = planes(1)
    const found = imageNumbers(toRgba(grey), grey)
    for (const [i, value] of grey.data.entries()) expect(found[i]).toBeCloseTo(value, 6)
    const red = new Uint8ClampedArray(24).map((_, i) => (i % 4 === 0 ? 255 : 0))
    expect(imageNumbers({ width: 3, height: 2, data: red }, grey)[0]).toBeCloseTo(2 * 0.299 - 1, 6)
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['a wider one', { ...planes(3), width: 4 }],
    ['one of other channels', planes(1)],
    ['too few numbers', { ...planes(3), data: new Float32Array(17) }],
    ['numbers that are not finite', { ...planes(3), data: new Float32Array(18).fill(Number.NaN) }],
    ['plain bytes', { ...planes(3), data: new Uint8Array(18) }],
  ])('is refused as %s', (_, image) => {
    expect(() => imageNumbers(image as ImageInput, planes(3))).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID' }),
    )
  })

  it('from RGBA bytes has at most four channels', () => {
    expect(() => imageNumbers(toRgba(planes(4)), planes(5))).toThrow(/cannot fill 5 channels/)
  })
})
