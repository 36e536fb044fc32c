/**
 * How long an image takes, on one machine in one runtime, as a JSON file that says of which network, where and how. It was measured
 * where that could be done; a package takes it along, and its card shows it.
 */

import { type Manifest, MixflowError } from '@mixflow/core'
import { readFailure, readRegularText } from '@mixflow/files'
import { z } from 'zod'

const count = z.int().min(1)

export const speedRecord = z.strictObject({
  format: z.literal('mixflow-speed'),
  version: z.literal(1),
  /** sha256 of the denoiser's file. */
  denoiser: z.string(),
  dtype: z.enum(['float32', 'float16']),
  /** What ran it: `Node 22.1`, `Chromium 140`. */
  runtime: z.string(),
  device: z.enum(['cpu', 'cuda', 'wasm', 'webgpu']),
  machine: z.strictObject({ processor: z.string(), cores: count, threads: count }),
  /** Images of one call, which are evaluated together. */
  batchSize: count,
  /** Calls, whose median counts. */
  rounds: count,
  times: z
    .array(
      z.strictObject({
        solver: z.string(),
        /** Calls of the network per image, guidance counted. */
        nfe: z.number().positive(),
        /** Per image. */
        milliseconds: z.number().positive(),
      }),
    )
    .min(1),
})

export type SpeedRecord = z.output<typeof speedRecord>

/** @throws MixflowError ARGUMENT_INVALID for what is no such file, or is of another model */
export async function readSpeed(path: string, { files, name }: Manifest): Promise<SpeedRecord> {
  const refuse = (why: string, cause?: unknown) =>
    new MixflowError('ARGUMENT_INVALID', `${path} ${why}`, {
      hint: 'measure it in a clone of the repository: npx -y pnpm@12 --filter @mixflow/bench run model-speed <model> --out <file>',
      details: { path, model: name },
      cause,
    })
  const text = await readRegularText(path).catch(cause => {
    throw refuse(`cannot be read: ${readFailure(cause)}`, cause)
  })
  const found = speedRecord.safeParse(parsed(text))
  if (!found.success) throw refuse(`is no measured speed: ${z.prettifyError(found.error)}`)
  const isOfModel = files.some(({ role, sha256 }) => role === 'denoiser' && sha256 === found.data.denoiser)
  if (!isOfModel) throw refuse(`is of another network than ${name} has`)
  return found.data
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
