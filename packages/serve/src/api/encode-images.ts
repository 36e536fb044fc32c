/**
 * Finished images as the bytes of an answer, in the form that the client accepts: JSON with a PNG for each image, one PNG, an
 * archive of PNGs, or plain numbers. Between images others get their turn, since making a PNG holds up everybody.
 */
import { setImmediate } from 'node:timers/promises'
import { imageGrid, type PlanarImage, type SampledImage } from '@mixflow/core'
import type { Bytes } from '@mixflow/core/internal'
import { encodePng } from '@mixflow/sdk-node'
import { zipSync } from 'fflate'
import type { Made } from '../batching/model-runner.ts'
import { httpError } from '../http/problem.ts'
import type { ImagesAnswer, StreamEvents } from './answers.ts'

/** The first is what a client gets that accepts anything. */
export const mediaTypes = [
  'application/json',
  'image/png',
  'application/zip',
  'application/octet-stream',
  'text/event-stream',
] as const

export type MediaType = (typeof mediaTypes)[number]

export interface MadeBy extends Made {
  readonly model: string
}

type Encoder = (made: MadeBy) => Promise<Bytes | string>

export const encoders: Readonly<Record<Exclude<MediaType, 'text/event-stream'>, Encoder>> = {
  'application/json': async made => JSON.stringify(await imagesAnswer(made)),
  'image/png': async ({ images }) => encodePng(images.length === 1 ? images[0]! : imageGrid(images)),
  'application/zip': async ({ images }) => {
    const entries: Record<string, [Uint8Array, { level: 0; mtime: string }]> = {}
    for (const image of images) {
      entries[fileName(image)] = [encodePng(image), { level: 0, mtime: '1980-01-01' }]
      await setImmediate()
    }
    return new Uint8Array(zipSync(entries))
  },
  'application/octet-stream': async ({ images }) => {
    const all = new Float32Array(images.reduce((sum, { data }) => sum + data.length, 0))
    images.forEach(({ data }, i) => void all.set(data, i * data.length))
    return new Uint8Array(all.buffer)
  },
}

/** As `mixflow sample` names them. */
const fileName = ({ seed, index }: SampledImage): string => `seed-${seed}-${String(index).padStart(5, '0')}.png`

async function imagesAnswer({ model, ...made }: MadeBy): Promise<ImagesAnswer> {
  const images: ImagesAnswer['images'] = []
  for (const image of made.images) {
    images.push(imageRecord(image))
    await setImmediate()
  }
  const [first] = made.images as readonly [SampledImage, ...SampledImage[]]
  const { channels, height, width } = first
  return {
    ...{ model, seed: made.seed, count: images.length, firstImage: first.index },
    ...costOf(made),
    ...{ channels, height, width, images },
  }
}

export const costOf = ({ solver, steps, nfe, milliseconds }: Made): StreamEvents['done'] => ({
  ...{ solver, steps, nfe, milliseconds: Math.round(milliseconds) },
})

export const imageRecord = (image: SampledImage): StreamEvents['image'] => ({
  ...{ index: image.index, label: image.label ?? null, nfe: image.nfe, png: base64Png(image) },
})

export const base64Png = (image: PlanarImage): string => Buffer.from(encodePng(image)).toString('base64')

/** @throws MixflowError HTTP_INVALID (406) where images of so many channels are no pictures */
export function checkPicture(channels: number, type: MediaType): void {
  if ([1, 3, 4].includes(channels) || type === 'application/octet-stream') return
  throw httpError(406, `images of ${channels} channels are no pictures, and cannot be sent as ${type}`, {
    hint: 'ask for their numbers: Accept: application/octet-stream',
  })
}
