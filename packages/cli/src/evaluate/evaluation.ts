/** What an evaluation found, as `evaluation.json` and `--json` have it. */

import type { ModelMeasures } from '@mixflow/measure'
import type { Dataset, Evaluation } from '@mixflow/train'
import type { SubjectFacts } from './open-generator.ts'

export interface EvaluationResult {
  readonly subject: SubjectFacts & {
    /** Hash of the weights and of what decides what they compute. */
    readonly id: string
    readonly device: string
  }
  readonly seed: number
  readonly samples: SampleFacts | null
  readonly settings: ModelMeasures['settings']
  readonly trajectories: ModelMeasures['trajectories']
  /** Where trajectories start: w of the source. */
  readonly mixtureWeight: number
  readonly loss: (Omit<Evaluation, 'curvature'> & { readonly data: Pick<Dataset, 'name' | 'split'> }) | null
}

/** What all settings have in common. */
export interface SampleFacts {
  /** Images per range. */
  readonly n: number
  readonly ranges: number
  readonly batchSize: number
  /** Said or the model's own; null without classes. */
  readonly guidance: number | null
  readonly extractor: {
    readonly name: string
    readonly sha256: string
    readonly resize: string
    readonly rounding: string
  }
  readonly reference: { readonly data: string; readonly split: string; readonly count: number } | null
  /** Settings that do not exist, with the reason. */
  readonly left: readonly { readonly solver: string; readonly nfe: number; readonly reason: string }[]
}
