import { describe, expect, it } from 'vitest'
import { limitDataset, padDataset, spreadIndices, withChannels } from './adapt-dataset.ts'
import { createDataset, type DatasetParts } from './dataset.ts'

const grey = (count: number, height: number, width: number, changes: Partial<DatasetParts> = {}) =>
  createDataset({
    name: 'tiny',
    split: 'train',
    channels: 1,
    height,
    width,
    images: Uint8Array.from({ length: count * height * width }, (_, i) => i + 1),
    labels: Int32Array.from({ length: count }, (_, i) => i % 2),
    classNames: ['even', 'odd'],
    licence: 'CC0-1.0',
    attribution: 'nobody',
    ...changes,
  })

describe('limitDataset', () => {
  it('keeps the first images and everything else', () => {
    const { images, labels, licence, count, classNames } = limitDataset(grey(5, 1, 2), 3)
    expect({ images, labels, licence, count, classNames }).toEqual({
      images: Uint8Array.of(1, 2, 3, 4, 5, 6),
      labels: Int32Array.of(0, 1, 0),
      licence: 'CC0-1.0',
      count: 3,
      classNames: ['even', 'odd'],
    })
  })

  it('keeps evenly spaced images on demand', () => {
    const { images, labels } = limitDataset(grey(6, 1, 1), 3, { spread: true })
    expect(images).toEqual(Uint8Array.of(1, 3, 5))
    expect(labels).toEqual(Int32Array.of(0, 0, 0))
  })

  it('returns the same set if it is within the limit', () => {
    const data = grey(3, 1, 1)
    expect(limitDataset(data, 3)).toBe(data)
    expect(limitDataset(data, 100, { spread: true })).toBe(data)
  })

  it('spreads indices without repeats, within the range', () => {
    for (const count of [1, 7, 100]) {
      for (let limit = 1; limit <= count; limit++) {
        const indices = spreadIndices(count, limit)
        expect(new Set(indices).size).toBe(limit)
        expect(indices[0]).toBe(0)
        expect(indices.at(-1)).toBeLessThan(count)
      }
    }
  })
})

describe('withChannels', () => {
  it('converts grey to colour and back', () => {
    const colour = withChannels(grey(2, 1, 2), 3)
    expect(colour.images).toEqual(Uint8Array.of(1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4))
    expect(colour.fingerprint()).not.toBe(grey(2, 1, 2).fingerprint())
    expect(withChannels(colour, 1).images).toEqual(grey(2, 1, 2).images)
  })

  it('converts colour to luma', () => {
    const primaries = grey(1, 1, 4, {
      channels: 3,
      images: Uint8Array.of(255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255),
    })
    expect(withChannels(primaries, 1).images).toEqual(Uint8Array.of(76, 150, 29, 255))
  })
})

describe('padDataset', () => {
  it('centres images, with an odd pixel on the right and bottom', () => {
    expect(padDataset(grey(1, 2, 2), 5, 'zero').images).toEqual(
      // biome-ignore format: a picture
      Uint8Array.of(
        0, 0, 0, 0, 0,
        0, 1, 2, 0, 0,
        0, 3, 4, 0, 0,
        0, 0, 0, 0, 0,
        0, 0, 0, 0, 0,
      ),
    )
  })

  it('repeats edge pixels', () => {
    expect(padDataset(grey(1, 2, 2), 5, 'edge').images).toEqual(
      // biome-ignore format: a picture
      Uint8Array.of(
        1, 1, 2, 2, 2,
        1, 1, 2, 2, 2,
        3, 3, 4, 4, 4,
        3, 3, 4, 4, 4,
        3, 3, 4, 4, 4,
      ),
    )
  })

  it('pads each plane of each image, and makes rectangles square', () => {
    const padded = padDataset(
      grey(2, 1, 2, { channels: 3, images: Uint8Array.from({ length: 12 }, (_, i) => i) }),
      2,
      'edge',
    )
    expect([padded.height, padded.width]).toEqual([2, 2])
    expect([...padded.images]).toEqual([0, 2, 4, 6, 8, 10].flatMap(v => [v, v + 1, v, v + 1]))
  })

  it('refuses a smaller canvas', () => {
    expect(() => padDataset(grey(1, 2, 4), 3, 'zero')).toThrow(/size 3 is smaller than the images of tiny, 4x2/)
  })
})
