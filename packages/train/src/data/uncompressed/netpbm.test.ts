import { describe, expect, it } from 'vitest'
import { decodeImage } from '../decode-image.ts'
import { netpbm } from './netpbm.ts'

type Part = string | readonly number[]

const bytes = (...parts: readonly Part[]) =>
  Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))))

const read = (...parts: readonly Part[]) => {
  const { width, height, channels, pixels } = netpbm(bytes(...parts))
  return [width, height, channels, ...pixels()]
}

describe('PBM, PGM and PPM', () => {
  it('grey and colour, as text and as bytes, with comments in the header', () => {
    const grey = [3, 2, 1, 0, 128, 255, 1, 2, 3]
    expect(read('P5\n3 2\n255\n', [0, 128, 255, 1, 2, 3])).toEqual(grey)
    expect(read('P5 # made by hand\n#\n3#width\n 2\t255 ', [0, 128, 255, 1, 2, 3])).toEqual(grey)
    expect(read('P2\n3 2 255\n0 128 255\n1   2 # last\n3')).toEqual(grey)
    expect(read('P6 1 2 255\n', [1, 2, 3, 4, 5, 6])).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6])
    expect(read('P3 1 2 255\n1 2 3 4 5 6\n')).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6])
    // a raster may begin with what looks like a space or a comment
    expect(read('P5 2 1 255\n', [0x20, 0x23])).toEqual([2, 1, 1, 0x20, 0x23])
  })

  it('samples of any largest value become bytes; above 255 they have two bytes', () => {
    expect(read('P5 4 1 15\n', [0, 1, 8, 15])).toEqual([4, 1, 1, 0, 17, 136, 255])
    expect(read('P5 3 1 65535\n', [0, 0, 128, 0, 255, 255])).toEqual([3, 1, 1, 0, 128, 255])
    expect(read('P6 1 1 1023\n', [0, 0, 2, 0, 3, 255])).toEqual([1, 1, 3, 0, 128, 255])
    expect(read('P2 3 1 1000\n0 500 1000')).toEqual([3, 1, 1, 0, 128, 255])
  })

  it('bitmaps, of which 1 is black', () => {
    expect(read('P1\n3 2\n101\n0 1 0')).toEqual([3, 2, 1, 0, 255, 0, 255, 0, 255])
    expect(read('P4\n9 2\n', [0b10100000, 0x80, 0, 0])).toEqual([9, 2, 1, ...[0, 255, 0], ...nines(5), 0, ...nines(9)])
  })
  const nines = (n: number) => Array.from({ length: n }, () => 255)

  it('the first of several images in a file', () => {
    const one = bytes('P5 1 1 255\n', [7])
    expect(read([...one, ...one])).toEqual([1, 1, 1, 7])
  })

  it('what is cut or makes no sense is refused', () => {
    for (const whole of [
      bytes('P5 2 2 255\n', [1, 2, 3, 4]),
      bytes('P6 1 1 65535\n', [1, 2, 3, 4, 5, 6]),
      bytes('P4 9 2\n', [1, 2, 3, 4]),
      bytes('P2 2 2 9\n1 2 3 4'),
      bytes('P1 2 2\n1001'),
    ]) {
      netpbm(whole).pixels()
      for (let length = 0; length < whole.length; length++) {
        expect(() => netpbm(whole.subarray(0, length)).pixels()).toThrow(/PPM|PBM/)
      }
    }
    expect(() => read('P5 0 2 255\n')).toThrow('PPM with 0x2 pixels')
    expect(() => read('P5 -1 2 255\n')).toThrow('without a number for its width')
    expect(() => read('P5 1 1 0\n', [0])).toThrow('largest value 0, expected 1 to 65535')
    expect(() => read('P5 1 1 65536\n', [0])).toThrow('largest value 65536')
    expect(() => read('P5 9999999999 9999999999 255\n')).toThrow('cut short')
    expect(() => read('P5 1 99999999999 255\n')).toThrow()
    expect(() => read('P5 1 1 100\n', [101])).toThrow('the sample 101, above the largest value 100')
    expect(() => read('P2 1 1 100\n101')).toThrow('the sample 101')
    expect(() => read('P2 2 1 100\n1 x')).toThrow('without a number for its sample 1')
    expect(() => read('P1 2 1\n12')).toThrow('without a 0 or 1 for pixel 1')
    expect(() => read('P5 1 1 255x', [0])).toThrow('without a space after its header')
    expect(() =>
      read(
        'P5 #',
        Array.from({ length: 1e5 }, () => 0x20),
      ),
    ).toThrow('without a number')
  })

  it('becomes an image of a data set', async () => {
    const options = { size: null, fit: 'cover', background: 'white' } as const
    const { pixels, file } = await decodeImage(bytes('P5 2 1 255\n', [9, 99]), options)
    expect([...pixels]).toEqual([9, 99, 9, 99, 9, 99])
    expect(file).toMatchObject({ format: 'PPM', isGrey: true })
    const large = bytes('P6 20000 20000 255\n')
    await expect(decodeImage(large, { ...options, size: 8 })).rejects.toThrow('cut short: 1200000000 bytes are missing')
  })
})
