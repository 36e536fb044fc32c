import { SampledImage } from '@mixflow/core'
import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { encodePng, NodeImage } from './node-image.ts'

const about = { index: 0, seed: 0, label: undefined, nfe: 1 }
const [height, width] = [5, 7]

/** Every pixel another, and some beyond the range. */
function picture(channels: number) {
  const data = Float32Array.from({ length: channels * height * width }, (_, i) => ((i * 37) % 101) / 48 - 1.05)
  return { channels, height, width, data, ...about }
}

describe.each([1, 3, 4])('an image of %i channels', channels => {
  const image = picture(channels)
  const raw = new SampledImage(image).toRaw()

  it.each([
    ['Node', async () => encodePng(image)],
    ['Node’s image', () => new NodeImage(image).toPng()],
    ['Node’s image, as a Buffer', () => new NodeImage(image).toBuffer()],
    ['any platform', () => new SampledImage(image).toPng()],
    [
      'any platform, as a Blob',
      async () => new Uint8Array(await (await new SampledImage(image).toBlob()).arrayBuffer()),
    ],
  ])('is a PNG file by %s', async (_, encoded) => {
    const { data, depth, ...size } = decode(await encoded(), { checkCrc: true })
    expect({ ...size, depth }).toMatchObject({ channels, height, width, depth: 8 })
    expect([...data]).toEqual([...raw.data])
  })

  it('can be the response of a server', async () => {
    const answer = await new NodeImage(image).toResponse({ status: 201, headers: { 'cache-control': 'no-store' } })
    expect([answer.status, Object.fromEntries(answer.headers)]).toEqual([
      201,
      { 'cache-control': 'no-store', 'content-type': 'image/png' },
    ])
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(encodePng(image))
    expect((await new NodeImage(image).toBlob()).type).toBe('image/png')
  })
})

it('an image of 2 channels has no PNG file', async () => {
  const refused = { code: 'ARGUMENT_INVALID', message: 'an image of 2 × 5 × 7 is not grey, RGB or RGBA' }
  expect(() => encodePng(picture(2))).toThrow(expect.objectContaining(refused))
  await expect(new SampledImage(picture(2)).toBlob()).rejects.toMatchObject(refused)
})
