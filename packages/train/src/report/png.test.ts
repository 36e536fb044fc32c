import { MixflowError } from '@mixflow/core'
import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { greyImage } from './fixtures/report-data.ts'
import { encodePng, gridPng, pngSize } from './png.ts'

const bytes = [0, 64, 128, 159, 191, 255]
const rgbImage = {
  channels: 3,
  height: 1,
  width: 2,
  data: Float32Array.of(-1, 1, 0, 0.5, 1, -1), // R of both pixels, G of both, B of both
}

describe('a PNG', () => {
  it('holds a grey image', () => {
    const { width, height, channels, depth, data } = decode(encodePng(greyImage))
    expect({ width, height, channels, depth }).toEqual({ width: 3, height: 2, channels: 1, depth: 8 })
    expect([...data]).toEqual(bytes)
  })

  it('holds an RGB image, pixel by pixel', () => {
    const { channels, data } = decode(encodePng(rgbImage))
    expect(channels).toBe(3)
    expect([...data]).toEqual([0, 128, 255, 255, 191, 0])
  })

  it('repeats each pixel when magnified', () => {
    for (const image of [greyImage, rgbImage]) {
      const { width, height, channels, data } = decode(encodePng(image, 3))
      const small = decode(encodePng(image))
      expect([width, height]).toEqual([image.width * 3, image.height * 3])
      for (let y = 0; y < height; y++) {
        for (let i = 0; i < width * channels; i++) {
          const x = Math.floor(i / channels / 3)
          const original = small.data[(Math.floor(y / 3) * image.width + x) * channels + (i % channels)]
          expect(data[y * width * channels + i]).toBe(original)
        }
      }
    }
  })

  it('knows its size, also inside a larger buffer', () => {
    const png = encodePng(greyImage, 2)
    expect(pngSize(png)).toEqual({ width: 6, height: 4 })
    expect(pngSize(Buffer.concat([Buffer.from('abc'), png]).subarray(3))).toEqual({ width: 6, height: 4 })
    expect(pngSize(png.subarray(0, 20))).toBeNull()
    expect(pngSize(new Uint8Array(100))).toBeNull()
  })
})

describe('a grid', () => {
  it('sets images in columns with a gap that is neither black nor white', () => {
    const { width, height, data } = decode(gridPng([greyImage, greyImage, greyImage], { columns: 2, scale: 1 }))
    expect([width, height]).toEqual([2 + 2 * (3 + 2), 2 + 2 * (2 + 2)])
    expect(data[0]).toBeGreaterThan(10)
    expect(data[0]).toBeLessThan(80)
    expect([...data.slice(2 * width + 2, 2 * width + 5)]).toEqual(bytes.slice(0, 3))
  })

  it('magnifies small images and leaves large ones', () => {
    const square = (side: number) => ({ channels: 1, height: side, width: side, data: new Float32Array(side * side) })
    const sides = [28, 32, 64, 256].map(side => pngSize(gridPng([square(side)]))?.height)
    expect(sides).toEqual([3 * 30, 3 * 34, 64 + 4, 256 + 4])
  })

  it('refuses no images, unsupported numbers of channels, and invalid scales', () => {
    expect(() => gridPng([])).toThrow(MixflowError)
    expect(() => encodePng({ channels: 2, height: 1, width: 1, data: new Float32Array(2) })).toThrow(/1 or 3 channels/)
    for (const scale of [0, 1.5, Number.NaN, 65]) expect(() => encodePng(greyImage, scale)).toThrow(/scale/)
  })
})
