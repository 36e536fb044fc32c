import { SampledImage } from '@mixflow/core'
import { decode } from 'fast-png'
import { expect, it } from 'vitest'
import { checkChannels, encoders, mediaTypes } from './encode-images.ts'

const made = (channels: number) => {
  const data = new Float32Array(channels * 6).map((_, i) => i / 10 - 1)
  const image = new SampledImage({ channels, height: 2, width: 3, data, index: 5, seed: 9, label: undefined, nfe: 3 })
  return {
    model: 'm',
    images: [image],
    nfe: 3,
    networkCalls: 3,
    steps: 2,
    solver: 'heun' as const,
    seed: 9,
    milliseconds: 1.4,
  }
}

it('images of 2 channels can be sent as raw values only', async () => {
  for (const type of mediaTypes) {
    for (const channels of [1, 3, 4]) expect(() => checkChannels(channels, type)).not.toThrow()
    const isNumbers = type === 'application/octet-stream'
    const check = () => checkChannels(2, type)
    if (isNumbers) expect(check).not.toThrow()
    else expect(check).toThrow(expect.objectContaining({ code: 'HTTP_INVALID', details: { status: 406 } }))
  }
  const bytes = (await encoders['application/octet-stream'](made(2))) as Uint8Array<ArrayBuffer>
  expect(new Float32Array(bytes.buffer)).toEqual(made(2).images[0]!.data)
})

it('keeps colours, and a missing class is null', async () => {
  const answer = JSON.parse(String(await encoders['application/json'](made(3))))
  expect(answer).toMatchObject({ channels: 3, firstImage: 5, milliseconds: 1, images: [{ index: 5, label: null }] })
  const { channels, data } = decode(Buffer.from(answer.images[0].png, 'base64'))
  const planes = made(3).images[0]!.toBytes()
  expect(channels).toBe(3)
  expect([...data.subarray(3, 6)]).toEqual([planes[1], planes[7], planes[13]])
})
