import { describe, expect, it } from 'vitest'
import { decodeImage } from '../decode-image.ts'
import { type BmpImage, bmpBytes } from '../fixtures/bmp-bytes.ts'
import { bmp } from './bmp.ts'

/** Rows from top to bottom, a pixel as the hexadecimal numbers of its channels. */
function read(image: BmpImage): string[] {
  const { width, height, channels, pixels } = bmp(bmpBytes(image))
  const hex = Buffer.from(pixels()).toString('hex')
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => hex.slice((y * width + x) * channels * 2).slice(0, channels * 2)).join(' '),
  )
}

const colours = [0xff0000, 0x00ff00, 0x0000ff, 0x102030]
const little = (size: number, ...values: number[]) =>
  values.flatMap(value => Array.from({ length: size }, (_, i) => (value >>> (8 * i)) & 255))

describe('BMP', () => {
  it('1, 4 and 8 bits are colours of the palette, grey where all of it is', () => {
    const rows4 = [
      [0x01, 0x20],
      [0x31, 0x10],
    ]
    const upper = '102030 00ff00 00ff00'
    const lower = 'ff0000 00ff00 0000ff'
    expect(read({ width: 3, height: 2, depth: 4, palette: colours, rows: rows4 })).toEqual([upper, lower])
    expect(read({ width: 3, height: -2, depth: 4, palette: colours, rows: rows4 })).toEqual([lower, upper])
    expect(read({ width: 3, height: 1, depth: 8, palette: colours, rows: [[0, 1, 2]] })).toEqual([lower])
    const two = colours.slice(0, 2)
    expect(read({ width: 9, height: 1, depth: 1, palette: two, rows: [[0b10100000, 0b10000000]] })).toEqual([
      '00ff00 ff0000 00ff00 ff0000 ff0000 ff0000 ff0000 ff0000 00ff00',
    ])
    const greys = Array.from({ length: 256 }, (_, i) => i * 0x010101)
    expect(read({ width: 2, height: 1, depth: 8, palette: greys, colours: 0, rows: [[7, 255]] })).toEqual(['07 ff'])
    const os2 = Array.from({ length: 16 }, (_, i) => colours[i % 4] as number)
    expect(read({ width: 3, height: 2, depth: 4, palette: os2, headerBytes: 12, rows: rows4 })).toEqual([upper, lower])
  })

  it('24 bits, in every header and with rows of any length', () => {
    for (const headerBytes of [12, 40, 52, 56, 64, 108, 124]) {
      for (const width of [1, 2, 3, 4, 5]) {
        const row = little(3, ...[...colours, 0xabcdef].slice(0, width))
        const image = { width, height: 2, depth: 24, headerBytes, rows: [row, row.map(byte => byte ^ 255)] }
        const expected = ['ff0000', '00ff00', '0000ff', '102030', 'abcdef'].slice(0, width)
        expect([headerBytes, read(image)[1]]).toEqual([headerBytes, expected.join(' ')])
      }
    }
  })

  it('16 bits are 5-5-5, or as the masks say', () => {
    const five = (r: number, g: number, b: number) => (r << 10) | (g << 5) | b
    const row = little(2, five(31, 0, 0), five(0, 31, 0), five(1, 16, 31))
    expect(read({ width: 3, height: 1, depth: 16, rows: [row] })).toEqual(['ff0000 00ff00 0884ff'])
    const masks = [0xf800, 0x7e0, 0x1f]
    const rows = [little(2, 0xf800, 0x7e0, (1 << 11) | (32 << 5) | 31)]
    for (const headerBytes of [40, 52, 56, 108, 124]) {
      const image = { width: 3, height: 1, depth: 16, compression: 3, headerBytes, masks, rows }
      expect(read(image)).toEqual(['ff0000 00ff00 0882ff'])
    }
    const alpha = [0x0f00, 0x00f0, 0x000f, 0xf000]
    const image = { width: 2, height: 1, depth: 16, headerBytes: 124, masks: alpha, rows: [little(2, 0x8f00, 0x0123)] }
    expect(read({ ...image, compression: 3 })).toEqual(['ff000088 11223300'])
    expect(read({ ...image, headerBytes: 40, compression: 6 })).toEqual(['ff000088 11223300'])
  })

  it('32 bits: the fourth byte is unused without a mask, and nothing is transparent where all of it would be', () => {
    const rows = [little(4, 0x12345678, 0x00abcdef)]
    expect(read({ width: 2, height: 1, depth: 32, rows })).toEqual(['345678 abcdef'])
    const masks = [0xff0000, 0xff00, 0xff, 0xff000000]
    const image = { width: 2, height: 1, depth: 32, compression: 3, headerBytes: 108, masks }
    expect(read({ ...image, rows })).toEqual(['34567812 abcdef00'])
    expect(read({ ...image, rows: [little(4, 0x00345678, 0x00abcdef)] })).toEqual(['345678ff abcdefff'])
    // ten bits each, cut to eight
    const ten = [0x3ff00000, 0xffc00, 0x3ff]
    const deep = little(4, (0x3ff << 20) | (0x200 << 10) | 3)
    expect(read({ ...image, width: 1, masks: ten, headerBytes: 40, rows: [deep] })).toEqual(['ff8000'])
  })

  it('what is cut, coded by run lengths, or has a header that makes no sense is refused', () => {
    const image = { width: 3, height: 2, depth: 24, rows: [little(3, ...colours), little(3, ...colours)] }
    const whole = bmpBytes({ ...image, rows: image.rows.map(row => row.slice(0, 9)) })
    for (let length = 0; length < whole.length; length++) {
      expect(() => bmp(whole.subarray(0, length))).toThrow(/^BMP/)
    }
    const changed = (at: number, value: number, size: 2 | 4 = 4) => {
      const bytes = Buffer.from(whole)
      bytes.writeUIntLE(value, at, size)
      return () => bmp(bytes)
    }
    expect(changed(14, 41)).toThrow('BMP with a header of 41 bytes, which is unknown')
    expect(changed(18, 0)).toThrow('BMP with 0x2 pixels')
    expect(changed(18, 0xffffffff)).toThrow('BMP with -1x2 pixels')
    expect(changed(18, 0x7fffffff)).toThrow('2147483647x2 pixels is cut short')
    expect(changed(22, 0x80000000)).toThrow('3x2147483648 pixels is cut short')
    expect(changed(26, 3, 2)).toThrow('3 planes')
    expect(changed(28, 2, 2)).toThrow('2 bits per pixel, expected 1, 4, 8, 16, 24, 32')
    expect(changed(18, 100)).toThrow(/cut short: \d+ bytes are missing/)
    expect(changed(30, 1)).toThrow('compression RLE8: save it without compression')
    expect(changed(30, 99)).toThrow('compression kind 99')
    expect(changed(10, 20)).toThrow('pixels begin inside its header')
    expect(changed(10, 0xffffffff)).toThrow('cut short')
    const palette = { width: 1, height: 1, depth: 4, rows: [[0x40]], palette: colours }
    expect(() => read(palette)).toThrow('colour 4 of a palette of 4')
    expect(() => read({ ...palette, colours: 17 })).toThrow('4 bits with 17 colours')
    const masked = { width: 1, height: 1, depth: 16, rows: [[0, 0]], compression: 3 }
    for (const masks of [
      [0, 1, 2],
      [5, 8, 16],
      [0x1f0000, 8, 16],
    ]) {
      expect(() => read({ ...masked, masks })).toThrow(/BMP with the mask 0x[0-9a-f]+ for 16 bits/)
    }
  })

  it('becomes an image of a data set, within the budget of memory', async () => {
    const options = { size: null, fit: 'cover', background: 'white' } as const
    const image = { width: 3, height: 1, depth: 24, rows: [little(3, 0xff0000, 0x00ff00, 0x0000ff)] }
    const { pixels, file } = await decodeImage(bmpBytes(image), options)
    expect([...pixels]).toEqual([255, 0, 0, 0, 255, 0, 0, 0, 255])
    expect(file).toEqual({ format: 'BMP', width: 3, height: 1, isGrey: false, isTransparent: false, frames: 1 })
    const bits = { width: 32_768, height: 32_768, depth: 1, palette: [0, 0xff0000], rows: [] }
    const large = Buffer.concat([bmpBytes(bits), Buffer.alloc(2 ** 27)])
    await expect(decodeImage(large, { ...options, size: 8 })).rejects.toThrow(
      '32768x32768 pixels of BMP take 3072 MiB to decode, more than 768 MiB',
    )
  })
})
