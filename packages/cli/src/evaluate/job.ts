/** One call of `mixflow evaluate`: what was asked, of which model, and what tells and ends it. */

import { MixflowError, type SolverName } from '@mixflow/core'
import { defined } from '@mixflow/core/internal'
import { type BadImageOptions, dataNames } from '@mixflow/train'
import type { StatusLine } from '../terminal/status-line.ts'
import type { AskedMetrics, EvaluateFlags } from './evaluate-flags.ts'
import { evaluationFolder, type GeneratorOptions, type OpenGenerator } from './open-generator.ts'

export interface Job {
  readonly place: string
  readonly flags: EvaluateFlags
  readonly asked: AskedMetrics
  readonly options: GeneratorOptions
  readonly solvers: readonly SolverName[] | undefined
  readonly generator: OpenGenerator
  readonly status: StatusLine
  readonly signal: AbortSignal
}

/** Where what was measured is kept. */
export const folderOf = ({ place, flags }: Job) => flags.out ?? evaluationFolder(place)

export const shareOf = (done: number, total: number) => (total > 0 ? done / total : 1)

/** How images that cannot be read are treated: as the flags say; by default as in the training, on the data of the training. */
export const badImagesOf = ({ flags, generator }: Job): Partial<BadImageOptions> => ({
  ...(flags.data === undefined ? generator.badImages : {}),
  ...defined({ badImages: flags.badImages, badImagesLimit: flags.badImagesLimit }),
})

/** A run knows how it opened its data; a model only what they are called. */
export function dataOf({ generator: { trainedOn, facts }, place }: Job): string {
  if (facts.kind === 'checkpoint' || (dataNames as readonly string[]).includes(trainedOn)) return trainedOn
  throw new MixflowError('DATA_UNKNOWN', `${place} was trained on "${trainedOn}", which is no data set known here`, {
    hint: 'say what to measure on: --data <name, folder or zip>',
    details: { dataset: trainedOn },
  })
}
