/**
 * What a sink of samples is, and the record beside its files, `samples.json`: how the samples were made, by which `--resume` recognizes
 * whether it would continue with the same ones.
 */

import { isDeepStrictEqual } from 'node:util'
import { type Manifest, MixflowError, type PlanarImage } from '@mixflow/core'
import { readRegularText, writeFileDurably } from '@mixflow/files'
import { z } from 'zod'

export interface NumberedImage extends PlanarImage {
  readonly index: number
  readonly seed: number
}

/** Accepts images in order of their index. */
export interface SampleSink extends AsyncDisposable {
  /** Number of images that an earlier call wrote. */
  readonly kept: number
  add(images: readonly NumberedImage[]): Promise<void>
  /** Returns what was written, as text. */
  finish(): Promise<string>
}

export interface SinkOptions {
  readonly record: SampleRecord
  readonly image: Pick<PlanarImage, 'channels' | 'height' | 'width'>
  /** The label of each image, for models with labels. */
  readonly labels: Int32Array | undefined
  readonly resume: boolean
  readonly columns?: number | undefined
  readonly encodePng: (image: PlanarImage) => Uint8Array
}

const schema = z.strictObject({
  format: z.literal('mixflow-samples'),
  version: z.literal(1),
  model: z.string(),
  /** Of the networks' files. */
  sha256: z.array(z.string()),
  seed: z.number(),
  count: z.number(),
  /** The options that were set; the others have the model's defaults. */
  request: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
})

export type SampleRecord = z.infer<typeof schema>

export const sampleRecord = (
  { name, files }: Pick<Manifest, 'name' | 'files'>,
  samples: Pick<SampleRecord, 'seed' | 'count' | 'request'>,
): SampleRecord => ({
  format: 'mixflow-samples',
  version: 1,
  model: name,
  sha256: files.flatMap(({ role, sha256 }) => (role === 'denoiser' || role === 'encoder' ? [sha256] : [])),
  ...samples,
})

/** null where there is none, or an incomplete one. */
export async function readSampleRecord(path: string): Promise<SampleRecord | null> {
  try {
    return schema.parse(JSON.parse(await readRegularText(path)))
  } catch {
    return null
  }
}

/** @throws MixflowError OUTPUT_DISK */
export const writeSampleRecord = (path: string, record: SampleRecord): Promise<void> =>
  writeFileDurably(path, `${JSON.stringify(record, null, 2)}\n`)

/** @throws MixflowError OUTPUT_EXISTS naming what differs */
export function checkSameSamples(found: SampleRecord, requested: SampleRecord, path: string): void {
  const keys = ['model', 'sha256', 'seed', 'count', 'request'] as const
  const different = keys.filter(key => !isDeepStrictEqual(found[key], requested[key]))
  if (different.length === 0) return
  const names = different.map(key => (key === 'sha256' ? 'parameters' : key)).join(', ')
  throw new MixflowError('OUTPUT_EXISTS', `${path} was started with a different ${names}`, {
    hint: 'repeat the same options, or leave out --resume to start again',
    details: { path, different, found, requested },
  })
}
