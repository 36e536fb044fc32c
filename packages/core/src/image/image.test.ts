import { describe, expect, it } from 'vitest'
import { MixflowError } from '../errors.ts'
import { reference } from '../fixtures/reference.ts'
import { imageGrid } from './grid.ts'
import { magnify } from './magnify.ts'
import { fromBytes, toBytes, toRgba } from './pixels.ts'

const allBytes = Uint8Array.from({ length: 256 }, (_, i) => i)
const metrics = reference<{ eight_bit: { pixel_values_changed: number[] } }>('metrics')

describe('bytes', () => {
  it('survive the round trip', () => {
    expect(toBytes(fromBytes(allBytes))).toEqual(allBytes)
    expect([fromBytes(allBytes)[0], fromBytes(allBytes)[255]]).toEqual([-1, 1])
  })

  it('are the nearest ones, and clipped', () => {
    const values = Float32Array.of(-1, 1, -5, 5, 0, -1 + 0.49 / 127.5, -1 + 0.51 / 127.5, Number.NaN)
    expect([...toBytes(values)]).toEqual([0, 255, 0, 255, 128, 0, 1, 0])
    expect([...toBytes(Float32Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY))]).toEqual([255, 0])
  })
})

describe.skipIf(metrics === undefined)('truncated bytes', () => {
  if (metrics === undefined) return
  it('are those of the reference metric, one lower for its dark pixels', () => {
    const f = Math.fround
    const normalised = Float32Array.from(allBytes, k => f(f(f(k / 255) - 0.5) / 0.5))
    const bytes = toBytes(normalised, 'truncate')
    expect([...bytes]).toEqual(metrics.numbers('bytes.of_normalised_pixel'))
    expect([...allBytes.filter(k => bytes[k] !== k)]).toEqual(metrics.json.eight_bit.pixel_values_changed)
    expect(toBytes(normalised)).toEqual(allBytes)
  })
})

describe('toRgba', () => {
  it('expands grey, interleaves RGB, keeps alpha', () => {
    const image = (channels: number, ...values: number[]) => ({
      channels,
      height: 1,
      width: 2,
      data: Float32Array.from(values),
    })
    expect([...toRgba(image(1, -1, 1)).data]).toEqual([0, 0, 0, 255, 255, 255, 255, 255])
    expect([...toRgba(image(3, -1, 1, 1, -1, 0, 0)).data]).toEqual([0, 255, 128, 255, 255, 0, 128, 255])
    expect([...toRgba(image(4, -1, 1, 1, -1, 1, 1, -1, 0)).data]).toEqual([0, 255, 255, 0, 255, 0, 255, 128])
    expect(toRgba(image(1, 0, 0))).toMatchObject({ width: 2, height: 1, colorSpace: 'srgb' })
  })

  it('refuses other channel counts and wrong sizes', () => {
    expect(() => toRgba({ channels: 2, height: 1, width: 1, data: new Float32Array(2) })).toThrow(MixflowError)
    expect(() => toRgba({ channels: 3, height: 1, width: 1, data: new Float32Array(2) })).toThrow(MixflowError)
  })
})

describe('imageGrid', () => {
  const tile = (value: number) => ({
    channels: 2,
    height: 1,
    width: 2,
    data: Float32Array.of(value, value, -value, -value),
  })

  it('sets tiles row by row, with a margin around and empty tiles at the end', () => {
    const grid = imageGrid([tile(0.1), tile(0.2), tile(0.3)], {
      columns: 2,
      padding: 1,
      background: 0,
    })
    expect(grid).toMatchObject({ channels: 2, height: 5, width: 7 })
    const f = Math.fround
    const [a, b, c] = [f(0.1), f(0.2), f(0.3)] as const
    const empty = [0, 0, 0, 0, 0, 0, 0]
    const rows = [empty, [0, a, a, 0, b, b, 0], empty, [0, c, c, 0, 0, 0, 0], empty].flat()
    expect([...grid.data]).toEqual([...rows, ...rows.map(value => (value === 0 ? 0 : -value))])
  })

  it('is as near to a square as possible by default', () => {
    const tiles = Array.from({ length: 10 }, () => tile(0))
    expect(imageGrid(tiles, { padding: 0 })).toMatchObject({ height: 3, width: 8 })
    expect(imageGrid(tiles.slice(0, 1))).toMatchObject({ height: 5, width: 6 })
  })

  it('refuses no images, unequal ones, and bad options', () => {
    const other = { channels: 1, height: 1, width: 2, data: new Float32Array(2) }
    expect(() => imageGrid([])).toThrow(MixflowError)
    expect(() => imageGrid([tile(0), other])).toThrow(/image 1 of the grid/)
    expect(() => imageGrid([tile(0)], { columns: 0 })).toThrow(MixflowError)
    expect(() => imageGrid([tile(0)], { padding: -1 })).toThrow(MixflowError)
    expect(() => imageGrid([tile(0)], { colums: 2 } as never)).toThrow(MixflowError)
  })
})

describe('magnify', () => {
  const image = { channels: 2, height: 1, width: 2, data: Float32Array.of(1, 2, 3, 4) }

  it('makes a square of each pixel', () => {
    expect(magnify(image, 3)).toEqual({
      channels: 2,
      height: 3,
      width: 6,
      data: Float32Array.from([
        ...[1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2],
        ...[3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4],
      ]),
    })
    expect(magnify(image, 1)).toEqual(image)
  })

  it.each([0, 1.5, 65, Number.NaN])('refuses the factor %s', factor => {
    expect(() => magnify(image, factor)).toThrow(MixflowError)
  })
})
