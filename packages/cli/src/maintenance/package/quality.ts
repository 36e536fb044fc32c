/**
 * `quality.json` of a package: the evaluations of the model and of its baseline, and the time per image. The model card and the comparison
 * of models are made from it. It has no paths of the machine it was written on.
 */

import { join } from 'node:path'
import { MixflowError, type QualityMeasure } from '@mixflow/core'
import { readRegularFile, readRegularText } from '@mixflow/files'
import type { SettingMeasures } from '@mixflow/measure'
import { z } from 'zod'
import type { EvaluationResult } from '../../commands/evaluate/evaluation.ts'
import { neighboursFile, neighboursText } from '../../commands/evaluate/neighbours-image.ts'
import type { SpeedRecord } from './speed-record.ts'

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
  readonly twin: Baseline | null
  readonly speed: readonly SpeedRecord[]
}

export const packagedEvaluation = ({ subject, settings, ...rest }: EvaluationResult): PackagedEvaluation => ({
  device: subject.device,
  ...rest,
  settings: settings.map(({ ranges, ...setting }) => setting),
})

export const qualityRecord = (parts: Pick<QualityRecord, 'evaluations' | 'twin' | 'speed'>): QualityRecord => ({
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
