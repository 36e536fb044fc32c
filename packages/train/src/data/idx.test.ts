import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idxBytes } from './fixtures/idx-bytes.ts'
import { parseIdx } from './idx.ts'

const images = idxBytes(
  [3, 2, 4],
  Array.from({ length: 24 }, (_, i) => i * 10),
)
const parse = (bytes: Uint8Array, dimensions = 3) => parseIdx(bytes, { what: 'test-images', dimensions })
const invalid = (message: RegExp) =>
  expect.objectContaining({ code: 'DATA_INVALID', message: expect.stringMatching(message) })

describe('parseIdx', () => {
  it.each([
    ['plain', images],
    ['gzipped', gzipSync(images)],
    ['gzipped in two members', Buffer.concat([gzipSync(images.subarray(0, 9)), gzipSync(images.subarray(9))])],
  ])('reads %s bytes', async (_, bytes) => {
    const { dims, data } = await parse(bytes)
    expect(dims).toEqual([3, 2, 4])
    expect([...data]).toEqual(Array.from({ length: 24 }, (_, i) => i * 10))
  })

  it('reads labels', async () => {
    expect((await parse(idxBytes([3], [7, 8, 9]), 1)).data).toEqual(Uint8Array.of(7, 8, 9))
  })

  it('reads a header behind a long gzip comment', async () => {
    // Flag 0x10 announces a zero-terminated comment after the ten header bytes.
    const zipped = gzipSync(images)
    zipped[3] = 0x10
    const commented = Buffer.concat([
      zipped.subarray(0, 10),
      Buffer.alloc(40_000, 'x'),
      Buffer.of(0),
      zipped.subarray(10),
    ])
    expect((await parse(commented)).dims).toEqual([3, 2, 4])
  })

  it.each([
    ['nothing', new Uint8Array(0), /ends within the header, after 0 bytes/],
    ['a cut header', images.subarray(0, 15), /ends within the header/],
    [
      'another number of dimensions',
      idxBytes([24], images.subarray(16)),
      /begins with 0x00000801, expected 0x00000803/,
    ],
    ['another type', idxBytes([3, 2, 4], images.subarray(16), 0xd03), /begins with 0x00000d03/],
    ['a PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, ...images), /begins with 0x89504e47/],
    ['a dimension of 0', idxBytes([0, 2, 4], []), /a dimension is 0 \(0 x 2 x 4\)/],
    ['a byte too few', images.subarray(0, -1), /implies 40 bytes \(3 x 2 x 4\), the file can hold at most 39/],
    ['a byte too many', Uint8Array.of(...images, 0), /implies 40 bytes \(3 x 2 x 4\), found 41/],
    ['a gzip with a byte too few', gzipSync(images.subarray(0, -1)), /implies 40 bytes .*, found 39/],
    ['a gzip with a byte too many', gzipSync(Uint8Array.of(...images, 0)), /unpacks to more than the 40 bytes/],
    ['a cut gzip', gzipSync(images).subarray(0, -9), /unexpected end of file/],
    ['zeros after a gzip', Buffer.concat([gzipSync(images), Buffer.alloc(4)]), /4 bytes follow the end/],
    ['garbage after a gzip', Buffer.concat([gzipSync(images), Buffer.from('junk')]), /incorrect header check/],
    ['dimensions that overflow', idxBytes([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], []), /can hold at most 16/],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(parse(bytes)).rejects.toEqual(invalid(message))
  })

  it('stops a gzip bomb early: by its ratio, or by the size in its header', async () => {
    const zeros = new Uint8Array(2 ** 27)
    const honest = gzipSync(idxBytes([2 ** 27 / 1024, 32, 32], zeros))
    await expect(parse(honest)).rejects.toEqual(
      invalid(/implies 134217744 bytes .*, the file can hold at most 67108864/),
    )
    const lying = gzipSync(idxBytes([1, 32, 32], zeros))
    await expect(parse(lying)).rejects.toEqual(invalid(/unpacks to more than the 1040 bytes/))
  })

  it('reads or refuses any modified file', async () => {
    const change = fc.record({
      gzipped: fc.boolean(),
      edits: fc.array(fc.record({ at: fc.nat(79), byte: fc.nat(255) }), { maxLength: 4 }),
      keep: fc.oneof(fc.constant(80), fc.nat(80)),
      extra: fc.uint8Array({ maxLength: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ gzipped, edits, keep, extra }) => {
        const bytes = Uint8Array.from(gzipped ? gzipSync(images) : images)
        for (const { at, byte } of edits) bytes[at] = byte
        const changed = Uint8Array.of(...bytes.subarray(0, keep), ...extra)
        const result = await parse(changed).catch(error => error)
        if (result instanceof Error) expect(result).toMatchObject({ code: 'DATA_INVALID' })
        else expect(result.data.length).toBe(result.dims[0]! * result.dims[1]! * result.dims[2]!)
      }),
      { numRuns: 400, seed: 1 },
    )
  })
})
