/**
 * Encodes finished images in the format that the client accepts: JSON with a PNG per image, one PNG, a zip of PNGs, or raw
 * values. Encoding yields to the event loop after each image, since making a PNG blocks the thread.
 */
import { setImmediate } from 'node:timers/promises'
import { imageGrid, type PlanarImage, type SampledImage } from '@mixflow/core'
import { type Bytes, concatenate } from '@mixflow/core/internal'
import { encodePng } from '@mixflow/sdk-node'
import { zipSync } from 'fflate'
import type { RunResult } from '../batching/model-runner.ts'
import { httpError } from '../http/problem.ts'
import type { ImagesAnswer, StreamEvents } from './answers.ts'

/** The first is the default. */
export const mediaTypes = [
  'application/json',
  'image/png',
  'application/zip',
  'application/octet-stream',
  'text/event-stream',
] as const

export type MediaType = (typeof mediaTypes)[number]

export interface NamedResult extends RunResult {
  readonly model: string
}

type Encoder = (result: NamedResult) => Promise<Bytes | string>

export const encoders: Readonly<Record<Exclude<MediaType, 'text/event-stream'>, Encoder>> = {
  'application/json': async result => JSON.stringify(await imagesAnswer(result)),
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
    const { buffer, byteOffset, byteLength } = concatenate(images.map(({ data }) => data))
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)
  },
}

/** The names that `mixflow sample` uses. */
const fileName = ({ seed, index }: SampledImage): string => `seed-${seed}-${String(index).padStart(5, '0')}.png`

async function imagesAnswer({ model, ...result }: NamedResult): Promise<ImagesAnswer> {
  const images: ImagesAnswer['images'] = []
  for (const image of result.images) {
    images.push(imageRecord(image))
    await setImmediate()
  }
  const [first] = result.images as readonly [SampledImage, ...SampledImage[]]
  const { channels, height, width } = first
  const facts = { model, seed: result.seed, count: images.length, firstImage: first.index }
  return { ...facts, ...costOf(result), channels, height, width, images }
}

export const costOf = ({ solver, steps, nfe, networkCalls, milliseconds }: RunResult): StreamEvents['done'] => ({
  solver,
  steps,
  nfe,
  networkCalls,
  milliseconds: Math.round(milliseconds),
})

export const imageRecord = (image: SampledImage): StreamEvents['image'] => ({
  index: image.index,
  label: image.label ?? null,
  nfe: image.nfe,
  png: base64Png(image),
})

export const base64Png = (image: PlanarImage): string => Buffer.from(encodePng(image)).toString('base64')

/** @throws MixflowError HTTP_INVALID (406) if images of so many channels cannot be encoded in a format */
export function checkChannels(channels: number, type: MediaType): void {
  if ([1, 3, 4].includes(channels) || type === 'application/octet-stream') return
  throw httpError(406, `images of ${channels} channels cannot be sent as ${type}`, {
    hint: 'request their values: Accept: application/octet-stream',
  })
}
