import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDataset, type DatasetParts } from './dataset.ts'

const parts = (changes: Partial<DatasetParts> = {}): DatasetParts => ({
  name: 'tiny',
  split: 'train',
  channels: 3,
  height: 2,
  width: 3,
  images: Uint8Array.from({ length: 4 * 18 }, (_, i) => (i * 7) % 256),
  labels: Int32Array.of(0, 1, 1, 0),
  classNames: ['cat', 'dog'],
  licence: null,
  attribution: null,
  ...changes,
})

describe('createDataset', () => {
  it('counts the images', () => {
    expect(createDataset(parts()).count).toBe(4)
  })

  it.each([
    ['no image', { images: new Uint8Array(0) }],
    ['a part of an image', { images: new Uint8Array(19) }],
    ['too few labels', { labels: Int32Array.of(0, 1, 1) }],
    ['a label without a class', { labels: Int32Array.of(0, 1, 2, 0) }],
    ['a negative label', { labels: Int32Array.of(0, -1, 1, 0) }],
    ['labels without class names', { classNames: null }],
    ['class names without labels', { labels: null }],
  ])('refuses %s', (_, changes) => {
    expect(() => createDataset(parts(changes))).toThrow(expect.objectContaining({ code: 'DATA_INVALID' }))
  })
})

describe('batch', () => {
  it('maps byte 0 to -1 and 255 to 1, linearly, for every byte', () => {
    const images = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const { images: pixels } = createDataset(
      parts({ channels: 1, height: 16, width: 16, images, labels: null, classNames: null }),
    ).batch([0])
    expect(pixels[0]).toBe(-1)
    expect(pixels[255]).toBe(1)
    pixels.forEach((pixel, byte) => {
      expect(pixel).toBe(Math.fround(byte / 127.5 - 1))
      expect(Math.round((pixel + 1) * 127.5)).toBe(byte)
    })
  })

  it('returns the requested images in order, with their labels', () => {
    const data = createDataset(parts())
    const batch = data.batch([2, 0, 2])
    expect(batch.images).toHaveLength(3 * 18)
    expect(batch.images.subarray(0, 18)).toEqual(batch.images.subarray(36))
    expect(batch.images.subarray(18, 36)).toEqual(data.batch([0]).images)
    expect(batch.labels).toEqual(Int32Array.of(1, 0, 1))
  })

  it('mirrors exactly the images whose flip is set', () => {
    const data = createDataset(parts())
    const plain = data.batch([1, 3]).images
    const flipped = data.batch([1, 3], { flip: Uint8Array.of(0, 1) }).images
    expect(flipped.subarray(0, 18)).toEqual(plain.subarray(0, 18))
    for (let row = 18; row < 36; row += 3) {
      expect([...flipped.subarray(row, row + 3)]).toEqual([...plain.subarray(row, row + 3)].reverse())
    }
  })

  it('has no labels if the set has none', () => {
    expect(createDataset(parts({ labels: null, classNames: null })).batch([0]).labels).toBeNull()
  })

  it.each([-1, 4, 1.5, Number.NaN])('refuses image %s', index => {
    expect(() => createDataset(parts()).batch([0, index])).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
  })

  it('refuses a flip of the wrong length', () => {
    expect(() => createDataset(parts()).batch([0, 1], { flip: Uint8Array.of(1) })).toThrow(/1 entries for 2 images/)
  })
})

describe('fingerprint', () => {
  const print = (changes: Partial<DatasetParts>) => createDataset(parts(changes)).fingerprint()

  it('does not depend on name, split and attribution', () => {
    expect(print({ name: 'other', split: 'test', licence: 'MIT', attribution: 'me' })).toBe(print({}))
  })

  it('depends on shape, class names and labels', () => {
    const changes: Partial<DatasetParts>[] = [
      {},
      { height: 3, width: 2 },
      { classNames: ['cat', 'cow'] },
      { labels: Int32Array.of(1, 0, 0, 1) },
      { labels: null, classNames: null },
    ]
    expect(new Set(changes.map(print)).size).toBe(changes.length)
  })

  it('depends on every pixel', () => {
    const byte = fc.record({ at: fc.nat(71), plus: fc.integer({ min: 1, max: 255 }) })
    fc.assert(
      fc.property(byte, ({ at, plus }) => {
        const images = parts().images.slice()
        images[at] = images[at]! + plus
        expect(print({ images })).not.toBe(print({}))
      }),
    )
  })
})
