import { deflateSync } from 'node:zlib'
import { type ImageShape, SampledImage } from '@mixflow/core'
import { crc32 } from '@mixflow/core/internal'
import { expect, it } from 'vitest'
import { readPng } from './read-png.ts'

const shapeOf = (channels: number): ImageShape => ({ channels, height: 2, width: 3 })
const grey = shapeOf(1)

function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(12 + data.length)
  bytes.writeUInt32BE(data.length, 0)
  bytes.write(type, 4, 'latin1')
  bytes.set(data, 8)
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length)
  return bytes
}

interface Made {
  readonly depth: number
  readonly colorType: number
  /** Bytes of each line. */
  readonly lines: readonly number[][]
  readonly size?: readonly [number, number]
  readonly interlaced?: number
  readonly before?: readonly Buffer[]
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

function png({ depth, colorType, lines, size: [height, width] = [2, 3], interlaced = 0, before = [] }: Made): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([depth, colorType, 0, 0, interlaced], 8)
  const data = deflateSync(Uint8Array.from(lines.flatMap(line => [0, ...line])))
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    ...before,
    chunk('IDAT', data),
    chunk('IEND', new Uint8Array()),
  ])
}

const bytesOf = (image: Buffer, shape = grey) => [...readPng(image, shape).data].map(v => Math.round((v + 1) * 127.5))

it.each<[string, Made, number[]]>([
  [
    '8 bits',
    {
      depth: 8,
      colorType: 0,
      lines: [
        [0, 1, 128],
        [200, 254, 255],
      ],
    },
    [0, 1, 128, 200, 254, 255],
  ],
  [
    '16 bits',
    {
      depth: 16,
      colorType: 0,
      lines: [
        [0, 0, 1, 1, 128, 128],
        [200, 200, 254, 254, 255, 255],
      ],
    },
    [0, 1, 128, 200, 254, 255],
  ],
  [
    '4 bits',
    {
      depth: 4,
      colorType: 0,
      lines: [
        [0x01, 0x80],
        [0xef, 0x20],
      ],
    },
    [0, 17, 136, 238, 255, 34],
  ],
  ['2 bits', { depth: 2, colorType: 0, lines: [[0b00011000], [0b11010000]] }, [0, 85, 170, 255, 85, 0]],
  ['1 bit', { depth: 1, colorType: 0, lines: [[0b01000000], [0b11000000]] }, [0, 255, 0, 255, 255, 0]],
  [
    'with transparency, which is left out',
    {
      depth: 8,
      colorType: 4,
      lines: [
        [5, 0, 6, 9, 7, 255],
        [8, 1, 9, 2, 10, 3],
      ],
    },
    [5, 6, 7, 8, 9, 10],
  ],
  [
    'a palette',
    {
      depth: 2,
      colorType: 3,
      lines: [[0b00011000], [0b01000000]],
      before: [chunk('PLTE', Uint8Array.of(9, 9, 9, 50, 50, 50, 255, 255, 255))],
    },
    [9, 50, 255, 50, 9, 9],
  ],
])('reads grey of %s', (_, made, expected) => {
  expect(bytesOf(png(made))).toEqual(expected)
})

it('converts colours and grey to the model’s channels', () => {
  const lines = [
    [255, 0, 0, 0, 255, 0, 0, 0, 255],
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  ]
  const rgb = png({ depth: 8, colorType: 2, lines })
  expect(bytesOf(rgb, shapeOf(3))).toEqual([255, 0, 0, 1, 4, 7, 0, 255, 0, 2, 5, 8, 0, 0, 255, 3, 6, 9])
  expect(bytesOf(rgb).slice(0, 3)).toEqual([76, 150, 29])
  const plain = png({
    depth: 8,
    colorType: 0,
    lines: [
      [1, 2, 3],
      [4, 5, 6],
    ],
  })
  expect(bytesOf(plain, shapeOf(3))).toEqual([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6])
})

it.each([1, 3, 4])('reads the image of %i channels that toPng wrote', async channels => {
  const data = Float32Array.from({ length: 6 * channels }, (_, i) => i / (3 * channels) - 1)
  const image = new SampledImage({ ...shapeOf(channels), data, index: 0, seed: 0, label: undefined, nfe: 1 })
  expect(bytesOf(Buffer.from(await image.toPng()), shapeOf(channels))).toEqual([...image.toBytes()])
})

const right: Made = {
  depth: 8,
  colorType: 0,
  lines: [
    [1, 2, 3],
    [4, 5, 6],
  ],
}
const profile = chunk('iCCP', Buffer.concat([Buffer.from('p\0\0'), deflateSync(Buffer.alloc(1_000_000))]))

it('skips other chunks, whatever size they state', () => {
  expect(bytesOf(png({ ...right, before: [profile] }))).toEqual([1, 2, 3, 4, 5, 6])
})

it.each<[string, Buffer, RegExp]>([
  ['another size', png({ ...right, size: [3, 2] }), /image is 3 × 2 pixels .*; the model's images are 2 × 3/],
  ['a huge size, before anything is inflated', png({ ...right, size: [60_000, 60_000] }), /image is 60000 × 60000/],
  [
    'more data than its size has',
    png({ ...right, lines: [Array(5_000_000).fill(0)] }),
    /its data do not have the length of 2 × 3/,
  ],
  ['less data', png({ ...right, lines: [[1, 2, 3]] }), /its data do not have the length of 2 × 3/],
  ['interlaced', png({ ...right, interlaced: 1 }), /interlaced/],
  ['a depth that is none', png({ ...right, depth: 3 }), /its header is invalid/],
  ['colours of a palette that is missing', png({ ...right, colorType: 3 }), /its palette is missing/],
  ['half of it', png(right).subarray(0, 50), /incomplete/],
  ['a chunk longer than the file', png({ ...right, before: [Buffer.from('ffffffff74455874', 'hex')] }), /incomplete/],
  ['a JPEG', Buffer.from('ffd8ffe000104a464946', 'hex'), /its signature or header is missing/],
  ['nothing', Buffer.alloc(0), /its signature or header is missing/],
])('refuses %s', (_, image, message) => {
  expect(() => readPng(image, grey)).toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(message) }),
  )
})

it('refuses chunks with a wrong checksum', () => {
  const image = png({
    ...right,
    lines: [
      [1, 2, 3],
      [4, 5, 6],
    ],
  })
  image[29]! ^= 1
  expect(() => readPng(image, grey)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }))
})
