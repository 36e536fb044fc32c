/** What was asked of `mixflow evaluate`, checked as far as the model plays no part. */

import { type SolverName, solverNames } from '@mixflow/core'
import { checkWord } from '@mixflow/core/internal'
import { type SampleMetric, sampleMetrics } from '@mixflow/measure'
import type { BadImageOptions } from '@mixflow/train'
import { UsageError } from '../terminal/usage-error.ts'

export interface EvaluateFlags {
  readonly data?: string
  readonly badImages?: BadImageOptions['badImages']
  /** A share, 0..1. */
  readonly badImagesLimit?: number
  readonly metrics: readonly string[]
  readonly solver?: readonly string[]
  readonly nfe?: readonly number[]
  readonly n: number
  readonly ranges: number
  readonly features?: string
  readonly resize?: string
  readonly rounding?: string
  readonly label?: string
  readonly guidance?: number
  readonly mixtureWeight?: number
  readonly gridPower?: number
  readonly tolerance?: number
  readonly perImage?: boolean
  readonly count: number
  readonly steps: number
  readonly batchSize: number
  readonly seed: number
  readonly workers: number
  readonly threads?: number
  readonly backend?: string
  readonly device?: string
  readonly dtype?: string
  readonly out?: string
  readonly json?: boolean
}

const metrics = [...sampleMetrics, 'curvature', 'loss'] as const

export interface AskedMetrics {
  /** By samples. */
  readonly samples: readonly SampleMetric[]
  readonly curvature: boolean
  readonly loss: boolean
}

/** @throws MixflowError ARGUMENT_INVALID naming the nearest metric; UsageError for flags that nothing would heed */
export function askedMetrics(flags: EvaluateFlags): AskedMetrics {
  const asked = flags.metrics.map(word => checkWord(word, metrics, { what: 'metric' }))
  const samples = sampleMetrics.filter(metric => asked.includes(metric))
  const idle = (['solver', 'nfe', 'label', 'guidance', 'mixtureWeight', 'gridPower', 'tolerance'] as const).find(
    name => flags[name] !== undefined,
  )
  if (samples.length === 0 && idle !== undefined) {
    const flag = idle.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
    throw new UsageError(`--${flag} is for measures of samples`, `ask for some: --metrics ${sampleMetrics.join(',')}`)
  }
  return { samples, curvature: asked.includes('curvature'), loss: asked.includes('loss') }
}

/** @throws MixflowError ARGUMENT_INVALID naming the nearest solver */
export const askedSolvers = (flags: EvaluateFlags): readonly SolverName[] | undefined =>
  flags.solver?.map(word => checkWord(word, solverNames, { what: 'solver' }))
