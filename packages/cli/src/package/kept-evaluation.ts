/**
 * What `mixflow evaluate` kept of a model, to be told in its card. It counts for that model alone: by the identity in it, what was
 * measured of other weights, in other precision or with other defaults is refused.
 */

import { join } from 'node:path'
import { MixflowError, type QualityMeasure } from '@mixflow/core'
import { readRegularFile, readRegularText } from '@mixflow/files'
import { z } from 'zod'
import type { EvaluationResult } from '../evaluate/evaluation.ts'
import { neighboursFile, neighboursText } from '../evaluate/neighbours-picture.ts'
import type { PackagedEvaluation } from './quality-record.ts'

const fileName = 'evaluation.json'

/** As far as it is looked at before it is believed. */
const shape = z.object({
  subject: z.object({ id: z.string() }),
  settings: z.array(
    z.object({ nfe: z.number(), measures: z.array(z.object({ label: z.string(), mean: z.number() })) }),
  ),
})

/** @throws MixflowError ARGUMENT_INVALID where there is none, or one of another model */
export async function keptEvaluation(
  folder: string,
  { ids, model }: { readonly ids: readonly string[]; readonly model: string },
): Promise<EvaluationResult> {
  const path = join(folder, fileName)
  const result = await readRegularText(path)
    .then(text => JSON.parse(text) as EvaluationResult)
    .catch(cause => {
      throw refuse(`${path} cannot be read: ${cause.code ?? cause.message}`, { path, model, cause })
    })
  if (!shape.safeParse(result).success) throw refuse(`${path} is no evaluation`, { path, model })
  if (ids.includes(result.subject.id)) return result
  throw refuse(`${path} is of ${result.subject.place} as it was then, not of ${model}`, { path, model })
}

function refuse(
  message: string,
  { path, model, cause }: { path: string; model: string; cause?: unknown },
): MixflowError {
  return new MixflowError('ARGUMENT_INVALID', message, {
    hint: `measure it: mixflow evaluate ${model} --metrics fd,curvature --nfe 3,5,9 --out <folder>; then --evaluation <folder>`,
    details: { path, model },
    cause,
  })
}

export interface KeptNeighbours {
  readonly png: Uint8Array
  /** Markdown that shows it as `neighbours.png`. */
  readonly text: string
}

/** The picture of samples and their nearest training images, of the first evaluation that has one; null where none has. */
export async function keptNeighbours(
  folders: readonly string[],
  evaluations: readonly EvaluationResult[],
): Promise<KeptNeighbours | null> {
  for (const [i, { settings }] of evaluations.entries()) {
    const text = neighboursText(settings, neighboursFile)
    const png = text === '' ? null : await readRegularFile(join(folders[i]!, neighboursFile)).catch(() => null)
    if (png !== null) return { png, text }
  }
  return null
}

/** As the manifest lists them. */
export function qualityMeasures(evaluations: readonly Omit<PackagedEvaluation, 'device'>[]): QualityMeasure[] {
  return evaluations.flatMap(({ settings, samples, trajectories }) => [
    ...settings.flatMap(({ setting, nfe, measures }) =>
      measures.map(({ label, mean }) => ({
        ...{ metric: label, value: mean, n: samples!.n, nfe },
        solver: setting.solver!,
        ...(samples!.guidance && { guidance: samples!.guidance }),
      })),
    ),
    ...(trajectories === null
      ? []
      : [
          {
            ...{ metric: 'curvature', value: trajectories.mean, n: trajectories.trajectories },
            ...{ nfe: trajectories.steps, solver: 'euler' },
          },
        ]),
  ])
}
