/**
 * `quality.json` of a package: the evaluations of the model and of its baseline, and the time per image. The model card and the comparison
 * of models are made from it. It has no paths of the machine it was written on.
 */

import { join } from 'node:path'
import { type Manifest, MixflowError, type QualityMeasure } from '@mixflow/core'
import { readFailure, readRegularFile, readRegularText } from '@mixflow/files'
import type { SettingMeasures } from '@mixflow/measure'
import { z } from 'zod'
import type { EvaluationResult } from '../../commands/evaluate/evaluation.ts'
import { neighboursFile, neighboursText } from '../../commands/evaluate/neighbours-image.ts'

export const qualityFile = 'quality.json'

/** Without the source on disk and the measures of single ranges. */
export type PackagedEvaluation = Omit<EvaluationResult, 'subject' | 'settings'> & {
  readonly device: string
  readonly settings: readonly Omit<SettingMeasures, 'ranges'>[]
}

/** A rectified flow with the same network, data, seed and number of images. */
export interface Baseline {
  /** Of its package or model. */
  readonly name: string
  readonly evaluations: readonly PackagedEvaluation[]
}

export interface QualityRecord {
  readonly format: 'mixflow-quality'
  readonly version: 1
  readonly evaluations: readonly PackagedEvaluation[]
  readonly baseline: Baseline | null
  readonly speed: readonly SpeedRecord[]
}

export const packagedEvaluation = ({ subject, settings, ...rest }: EvaluationResult): PackagedEvaluation => ({
  device: subject.device,
  ...rest,
  settings: settings.map(({ ranges, ...setting }) => setting),
})

export const qualityRecord = (parts: Pick<QualityRecord, 'evaluations' | 'baseline' | 'speed'>): QualityRecord => ({
  format: 'mixflow-quality',
  version: 1,
  ...parts,
})

/** What is checked before the file is trusted. */
const evaluationShape = z.object({
  subject: z.object({ id: z.string() }),
  settings: z.array(
    z.object({ nfe: z.number(), measures: z.array(z.object({ label: z.string(), mean: z.number() })) }),
  ),
})

/**
 * The result of `mixflow evaluate` in a folder. Its identity must be that of the model: other parameters, precision or defaults are refused.
 *
 * @throws MixflowError ARGUMENT_INVALID for a missing or invalid file, or that of another model
 */
export async function readEvaluation(
  folder: string,
  { ids, model }: { readonly ids: readonly string[]; readonly model: string },
): Promise<EvaluationResult> {
  const path = join(folder, 'evaluation.json')
  const refuse = (message: string, cause?: unknown) =>
    new MixflowError('ARGUMENT_INVALID', `${path} ${message}`, {
      hint: `evaluate the model: mixflow evaluate ${model} --metrics fd,curvature --nfe 3,5,9 --out <folder>; then add --evaluation <folder>`,
      details: { path, model },
      cause,
    })
  const result = await readRegularText(path)
    .then(text => JSON.parse(text) as EvaluationResult)
    .catch(cause => {
      throw refuse(`cannot be read: ${cause.code ?? cause.message}`, cause)
    })
  if (!evaluationShape.safeParse(result).success) throw refuse('is not an evaluation')
  if (ids.includes(result.subject.id)) return result
  throw refuse(`belongs to another model or version (${result.subject.source}) than ${model}`)
}

/** The image of neighbours and its Markdown, from the first evaluation that has one; null where none has. */
export async function neighboursOf(
  folders: readonly string[],
  evaluations: readonly EvaluationResult[],
): Promise<{ readonly png: Uint8Array; readonly text: string } | null> {
  for (const [i, { settings }] of evaluations.entries()) {
    const text = neighboursText(settings, neighboursFile)
    const png = text === '' ? null : await readRegularFile(join(folders[i]!, neighboursFile)).catch(() => null)
    if (png !== null) return { png, text }
  }
  return null
}

/** The measures as the manifest lists them. */
export const qualityMeasures = (evaluations: readonly Omit<PackagedEvaluation, 'device'>[]): QualityMeasure[] =>
  evaluations.flatMap(({ settings, samples, trajectories }) => [
    ...settings.flatMap(({ setting, nfe, measures }) =>
      measures.map(({ label, mean }) => ({
        metric: label,
        value: mean,
        n: samples!.n,
        nfe,
        solver: setting.solver!,
        ...(samples!.guidance && { guidance: samples!.guidance }),
      })),
    ),
    ...(trajectories === null
      ? []
      : [
          {
            metric: 'curvature',
            value: trajectories.mean,
            n: trajectories.trajectories,
            nfe: trajectories.steps,
            solver: 'euler',
          } as const,
        ]),
  ])

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
