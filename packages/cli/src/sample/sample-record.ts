/**
 * What samples were asked for, beside them as `samples.json`: how they were made, for people, and for `--resume` whether it
 * would go on with the same ones.
 */

import { isDeepStrictEqual } from 'node:util'
import { type Manifest, MixflowError } from '@mixflow/core'
import { readRegularText, writeFileDurably } from '@mixflow/files'
import { z } from 'zod'

const schema = z.strictObject({
  format: z.literal('mixflow-samples'),
  version: z.literal(1),
  model: z.string(),
  /** Of the networks' files. */
  sha256: z.array(z.string()),
  seed: z.number(),
  count: z.number(),
  /** As it was asked; what was left open is the model's own. */
  request: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
})

export type SampleRecord = z.infer<typeof schema>

export interface RecordFacts extends Pick<SampleRecord, 'seed' | 'count' | 'request'> {
  readonly manifest: Pick<Manifest, 'name' | 'files'>
}

export const sampleRecord = ({ manifest, seed, count, request }: RecordFacts): SampleRecord => ({
  ...{ format: 'mixflow-samples', version: 1, model: manifest.name },
  sha256: manifest.files.flatMap(({ role, sha256 }) => (role === 'denoiser' || role === 'encoder' ? [sha256] : [])),
  ...{ seed, count, request },
})

/** Null where there is none, or no whole one. */
export async function readSampleRecord(path: string): Promise<SampleRecord | null> {
  const text = await readRegularText(path).catch(() => null)
  if (text === null) return null
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** @throws MixflowError OUTPUT_DISK */
export const writeSampleRecord = (path: string, record: SampleRecord): Promise<void> =>
  writeFileDurably(path, `${JSON.stringify(record, null, 2)}\n`)

/** @throws MixflowError OUTPUT_EXISTS naming what differs from what is there */
export function checkSameSamples(found: SampleRecord, wanted: SampleRecord, path: string): void {
  const keys = ['model', 'sha256', 'seed', 'count', 'request'] as const
  const different = keys.filter(key => !isDeepStrictEqual(found[key], wanted[key]))
  if (different.length === 0) return
  const names = different.map(key => (key === 'sha256' ? 'weights' : key)).join(', ')
  throw new MixflowError('OUTPUT_EXISTS', `what ${path} began with had another ${names}`, {
    hint: 'ask for the same as then, or leave --resume out to begin again',
    details: { path, different, found, wanted },
  })
}
