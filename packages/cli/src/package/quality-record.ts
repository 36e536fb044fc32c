/**
 * `quality.json` of a package: all that was measured of the model and of its twin, and how long an image takes. The card and the
 * comparison of a zoo's models are made of it. No path of a machine is in it.
 */

import type { SettingMeasures } from '@mixflow/measure'
import type { EvaluationResult } from '../evaluate/evaluation.ts'
import type { SpeedRecord } from './speed-record.ts'

export const qualityFile = 'quality.json'

/** An evaluation without where it lay, and without the measures of single ranges. */
export type PackagedEvaluation = Omit<EvaluationResult, 'subject' | 'settings'> & {
  readonly device: string
  readonly settings: readonly Omit<SettingMeasures, 'ranges'>[]
}

/** The same network, data, seed and images, trained as a plain rectified flow. */
export interface Twin {
  /** Of its package, or of the model. */
  readonly name: string
  readonly evaluations: readonly PackagedEvaluation[]
}

export interface QualityRecord {
  readonly format: 'mixflow-quality'
  readonly version: 1
  readonly evaluations: readonly PackagedEvaluation[]
  readonly twin: Twin | null
  readonly speed: readonly SpeedRecord[]
}

export const packagedEvaluation = ({ subject, settings, ...rest }: EvaluationResult): PackagedEvaluation => ({
  ...{ device: subject.device, ...rest },
  settings: settings.map(({ ranges, ...setting }) => setting),
})

export const qualityRecord = (parts: Pick<QualityRecord, 'evaluations' | 'twin' | 'speed'>): QualityRecord => ({
  ...{ format: 'mixflow-quality', version: 1 },
  ...parts,
})
