import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { checkBackground, type DecodedImage, type DecodeOptions, decodeImage, planar } from './decode-image.ts'
import { blue, green, plain, png, red, stripes } from './fixtures/pictures.ts'
import { type TiffImage, tiffBytes } from './fixtures/tiff-bytes.ts'

const decode = (file: Uint8Array, options: Partial<DecodeOptions> = {}) =>
  decodeImage(file, { size: null, fit: 'cover', background: 'white', ...options })

const pixel = ({ pixels, width, height }: DecodedImage, x: number, y: number) =>
  [0, 1, 2].map(c => pixels[(c * height + y) * width + x])

/** Rows of a small picture, each pixel as the letter of the nearest of a few colours. */
const letters = (image: DecodedImage) =>
  Array.from({ length: image.height }, (_, y) =>
    Array.from({ length: image.width }, (_, x) => letter(pixel(image, x, y) as number[])).join(''),
  )
const named: Record<string, number[]> = {
  r: [255, 0, 0],
  g: [0, 255, 0],
  b: [0, 0, 255],
  '.': [255, 255, 255],
  '#': [0, 0, 0],
}
const letter = (rgb: number[]) => {
  const distance = ([, to]: [string, number[]]) => to.reduce((sum, v, c) => sum + Math.abs(v - rgb[c]!), 0)
  return Object.entries(named).reduce((best, next) => (distance(next) < distance(best) ? next : best))[0]
}

describe('decodeImage', () => {
  it('keeps pixels exactly, as planes', async () => {
    const bytes = Uint8Array.from({ length: 5 * 3 * 3 }, (_, i) => (i * 5) % 256)
    const file = await sharp(bytes, { raw: { width: 5, height: 3, channels: 3 } })
      .png()
      .toBuffer()
    expect(await decode(file)).toMatchObject({ width: 5, height: 3, pixels: planar(bytes, 3) })
  })

  it('reads every format', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const) {
      const image = await decode(await plain(8, 8, blue).toFormat(format).toBuffer())
      expect({ format, rows: letters(image) }).toEqual({ format, rows: new Array(8).fill('bbbbbbbb') })
    }
  })

  it('applies the EXIF orientation', async () => {
    const file = await stripes(4, 2, [red, blue]).withMetadata({ orientation: 6 }).png().toBuffer()
    expect(letters(await decode(file))).toEqual(['rr', 'rr', 'bb', 'bb'])
    expect(letters(await decode(file, { size: 2, fit: 'crop' }))).toEqual(['rr', 'bb'])
    expect(letters(await decode(file, { size: 4, fit: 'contain' }))[0]).toMatch(/^\.rr\.$/)
  })

  it('composes transparent images with the background', async () => {
    const clear = await png(2, 2, { ...red, alpha: 0 })
    expect(pixel(await decode(clear), 0, 0)).toEqual([255, 255, 255])
    expect(pixel(await decode(clear, { background: '#102030' }), 0, 0)).toEqual([16, 32, 48])
    const half = await decode(await png(2, 2, { ...red, alpha: 0.5 }), { background: 'black' })
    expect(pixel(half, 1, 1)).toEqual([128, 0, 0])
  })

  it('ignores the colour of transparent pixels when scaling', async () => {
    const pixels = Buffer.alloc(8 * 8 * 4)
    for (let i = 0; i < 64; i++) pixels.set(i % 8 < 4 ? [0, 0, 255, 255] : [255, 0, 0, 0], i * 4)
    const file = await sharp(pixels, { raw: { width: 8, height: 8, channels: 4 } })
      .png()
      .toBuffer()
    const image = await decode(file, { size: 2, background: 'black' })
    expect(image.pixels.subarray(0, 4)).toEqual(new Uint8Array(4))
  })

  it('converts grey, 16-bit, palette, CMYK and wide-gamut images to sRGB', async () => {
    const grey = await plain(2, 2, { r: 99, g: 99, b: 99 }).toColourspace('b-w').png().toBuffer()
    expect(pixel(await decode(grey), 1, 1)).toEqual([99, 99, 99])
    const deep = await plain(2, 2, { r: 10, g: 128, b: 250 }).toColourspace('rgb16').png().toBuffer()
    expect((await sharp(deep).metadata()).depth).toBe('ushort')
    expect(pixel(await decode(deep), 0, 1)).toEqual([10, 128, 250])
    const palette = await plain(2, 2, green).png({ palette: true }).toBuffer()
    expect(pixel(await decode(palette), 0, 0)).toEqual([0, 255, 0])
    const cmyk = await plain(8, 8, { r: 200, g: 60, b: 60 }).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer()
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk')
    pixel(await decode(cmyk), 4, 4).forEach((value, c) => {
      expect(Math.abs(value! - [200, 60, 60][c]!)).toBeLessThan(25)
    })
    // The same colour in other numbers: undone, it must come back.
    const p3 = await plain(2, 2, { r: 200, g: 60, b: 60 }).withIccProfile('p3').png().toBuffer()
    const raw = await sharp(p3, { ignoreIcc: true }).raw().toBuffer()
    expect(raw[1]).not.toBe(60)
    pixel(await decode(p3), 0, 0).forEach((value, c) => {
      expect(Math.abs(value! - [200, 60, 60][c]!)).toBeLessThanOrEqual(2)
    })
  })

  it('reads 8 and 16 bits of TIFF, and refuses samples of unknown range and extra channels', async () => {
    const tiff = (data: ArrayBufferView, bits: number, more: Partial<TiffImage> = {}) =>
      decode(
        tiffBytes({
          ...{ width: 2, height: 1, bits, sampleFormat: 1, ...more },
          data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        }),
      )
    expect(pixel(await tiff(Uint8Array.of(0, 99), 8), 1, 0)).toEqual([99, 99, 99])
    expect(pixel(await tiff(Uint16Array.of(0, 99 * 257), 16), 1, 0)).toEqual([99, 99, 99])
    const rgb = Uint16Array.of(0, 0, 0, 99 * 257, 65535, 257)
    expect(pixel(await tiff(rgb, 16, { samples: 3, photometric: 2 }), 1, 0)).toEqual([99, 255, 1])
    const clear = Uint8Array.of(0, 255, 99, 0)
    expect(pixel(await tiff(clear, 8, { samples: 2, extraSamples: 2 }), 1, 0)).toEqual([255, 255, 255])

    await expect(tiff(Float32Array.of(0, 0.5), 32, { sampleFormat: 3 })).rejects.toThrow(
      'TIFF with samples of type float, whose range is unknown: convert it to 8 or 16 bits',
    )
    await expect(tiff(Uint32Array.of(0, 2 ** 31), 32)).rejects.toThrow('samples of type uint')
    await expect(tiff(Int16Array.of(0, -9), 16, { sampleFormat: 2 })).rejects.toThrow('samples of type short')
    await expect(tiff(Float64Array.of(0, 1), 64, { sampleFormat: 3 })).rejects.toThrow()
    await expect(tiff(clear, 8, { samples: 2 })).rejects.toThrow('extra channels that are not transparency')
    await expect(tiff(new Uint8Array(8), 8, { samples: 4, photometric: 2 })).rejects.toThrow('extra channels')
    await expect(tiff(new Uint8Array(10), 8, { samples: 5, photometric: 2 })).rejects.toThrow('5 channels')
  })

  it('decodes 16,000 x 16,000 pixels row by row, and refuses them if they would have to be in memory at once', async () => {
    const wide = sharp({ create: { width: 16_000, height: 16_000, channels: 3, background: '#c83c3c' } })
    const gif = Buffer.from('GIF89a\x80\x3e\x80\x3e\0\0\0,\0\0\0\0\x80\x3e\x80\x3e\0\x02\x02D\x01\0;', 'latin1')
    await expect(decode(gif, { size: 8 })).rejects.toThrow(
      '16000x16000 pixels of GIF take 1465 MiB to decode, more than 768 MiB',
    )
    const jpeg = await wide.jpeg({ quality: 50 }).toBuffer()
    await expect(decode(jpeg)).rejects.toThrow('16000x16000 pixels, more than 4096 per edge: set a size')
    expect(await decode(jpeg, { size: 8 })).toMatchObject({ width: 8, file: { width: 16_000, format: 'JPEG' } })
    await expect(decode(jpeg, { size: 8, fit: 'crop' })).rejects.toThrow(/take \d+ MiB to decode/)
  })

  it('takes the first frame of an animation', async () => {
    const frames = Buffer.concat([Buffer.alloc(12, 0), Buffer.alloc(12, 255)])
    const gif = await sharp(frames, { raw: { width: 2, height: 4, channels: 3, pageHeight: 2 } })
      .gif()
      .toBuffer()
    expect((await sharp(gif).metadata()).pages).toBe(2)
    expect(letters(await decode(gif))).toEqual(['##', '##'])
  })

  const wide = () => stripes(12, 4, [red, green, blue]).png().toBuffer()

  it('fills the square with cover, centred', async () => {
    expect(letters(await decode(await wide(), { size: 4 }))).toEqual(new Array(4).fill('gggg'))
    const { width, height } = await decode(await png(3, 50), { size: 7 })
    expect([width, height]).toEqual([7, 7])
  })

  it('fits the whole image with contain', async () => {
    expect(letters(await decode(await wide(), { size: 6, fit: 'contain' }))).toEqual([
      '......',
      '......',
      'rrggbb',
      'rrggbb',
      '......',
      '......',
    ])
  })

  it('cuts out the centre with crop, and pads smaller images', async () => {
    expect(letters(await decode(await wide(), { size: 6, fit: 'crop', background: 'black' }))).toEqual([
      '######',
      'rggggb',
      'rggggb',
      'rggggb',
      'rggggb',
      '######',
    ])
  })

  it('refuses files that are not images, truncated, damaged or enormous', async () => {
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * i * 31) % 256))
    const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer()
    await expect(decode(Buffer.from('no image'))).rejects.toThrow(/unsupported image format/)
    await expect(decode(new Uint8Array(0))).rejects.toThrow(/empty/i)
    await expect(decode(jpeg.subarray(0, jpeg.length / 2))).rejects.toThrow(/premature end/i)
    const file = await png(64, 64)
    await expect(decode(file.subarray(0, file.length - 20))).rejects.toThrow()
    const huge = Buffer.from(file)
    huge.writeUInt32BE(60_000, 16)
    huge.writeUInt32BE(60_000, 20)
    huge.writeUInt32BE(crc32(huge.subarray(12, 29)), 29)
    await expect(decode(huge)).rejects.toThrow(/exceeds pixel limit/)
  })
})

it('checkBackground accepts CSS colours and refuses the rest', () => {
  for (const colour of ['white', '#abc', 'rgb(1, 2, 3)']) checkBackground(colour)
  expect(() => checkBackground('wite')).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
})
