/** The measured time per image of a model in one runtime on one machine, as a JSON file that a package contains and its card shows. */

import { type Manifest, MixflowError } from '@mixflow/core'
import { readFailure, readRegularText } from '@mixflow/files'
import { z } from 'zod'

const count = z.int().min(1)

const schema = z.strictObject({
  format: z.literal('mixflow-speed'),
  version: z.literal(1),
  /** SHA-256 of the denoiser's file. */
  denoiser: z.string(),
  dtype: z.enum(['float32', 'float16']),
  /** Such as `Node 22.1` or `Chromium 140`. */
  runtime: z.string(),
  device: z.enum(['cpu', 'cuda', 'wasm', 'webgpu']),
  machine: z.strictObject({ processor: z.string(), cores: count, threads: count }),
  /** Images per call. */
  batchSize: count,
  /** Number of calls; times are medians. */
  rounds: count,
  times: z
    .array(
      z.strictObject({
        solver: z.string(),
        /** Network calls per image, including those of guidance. */
        nfe: z.number().positive(),
        /** Per image. */
        milliseconds: z.number().positive(),
      }),
    )
    .min(1),
})

export type SpeedRecord = z.output<typeof schema>

/** @throws MixflowError ARGUMENT_INVALID for an invalid file, or that of another model */
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
  const found = schema.safeParse(parsed(text))
  if (!found.success) throw refuse(`is not a speed record: ${z.prettifyError(found.error)}`)
  const isOfModel = files.some(({ role, sha256 }) => role === 'denoiser' && sha256 === found.data.denoiser)
  if (!isOfModel) throw refuse(`was measured on another network than that of ${name}`)
  return found.data
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
