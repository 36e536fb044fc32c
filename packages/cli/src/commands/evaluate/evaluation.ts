/** A call of `mixflow evaluate`: the command line, the opened model, and the result that `evaluation.json` and `--json` contain. */

import { MixflowError, type SolverName, solverNames } from '@mixflow/core'
import { checkWord, defined } from '@mixflow/core/internal'
import { type ModelMeasures, type SampleMetric, sampleMetrics } from '@mixflow/measure'
import {
  type BadImageOptions,
  type DataProgress,
  type Dataset,
  dataNames,
  type FlowLosses,
  formatDuration,
} from '@mixflow/train'
import { UsageError } from '../../terminal/errors.ts'
import type { StatusLine } from '../../terminal/status-line.ts'
import { percentText } from '../../terminal/text.ts'
import { evaluationFolder, type GeneratorOptions, type OpenGenerator, type SubjectFacts } from './open-generator.ts'

export interface EvaluateFlags extends GeneratorOptions {
  readonly data?: string
  readonly badImages?: BadImageOptions['badImages']
  /** 0..1 */
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
  readonly out?: string
  readonly json?: boolean
}

export interface Job {
  /** The run, checkpoint or model, as on the command line. */
  readonly source: string
  readonly flags: EvaluateFlags
  readonly metrics: RequestedMetrics
  readonly solvers: readonly SolverName[] | undefined
  readonly generator: OpenGenerator
  /** How the generator was opened, and how workers open it. */
  readonly options: GeneratorOptions
  readonly status: StatusLine
  readonly signal: AbortSignal
}

export interface RequestedMetrics {
  /** Measured on samples. */
  readonly samples: readonly SampleMetric[]
  readonly curvature: boolean
  readonly loss: boolean
}

export interface EvaluationResult {
  readonly subject: SubjectFacts & {
    /** Hash of the parameters and of everything else that determines the output. */
    readonly id: string
    readonly device: string
  }
  readonly seed: number
  readonly samples: SampleFacts | null
  readonly settings: ModelMeasures['settings']
  readonly trajectories: ModelMeasures['trajectories']
  /** Of the source that trajectories start from. */
  readonly mixtureWeight: number
  readonly loss: (FlowLosses & { readonly data: Pick<Dataset, 'name' | 'split'> }) | null
}

/** What all settings have in common. */
export interface SampleFacts {
  /** Images per range. */
  readonly n: number
  readonly ranges: number
  readonly batchSize: number
  /** null without labels. */
  readonly guidance: number | null
  readonly extractor: {
    readonly name: string
    readonly sha256: string
    readonly resize: string
    readonly rounding: string
  }
  readonly reference: { readonly data: string; readonly split: string; readonly count: number } | null
  /** Skipped combinations of solver and NFE. */
  readonly left: readonly { readonly solver: string; readonly nfe: number; readonly reason: string }[]
}

const metricNames = [...sampleMetrics, 'curvature', 'loss'] as const
const sampleFlags = ['solver', 'nfe', 'label', 'guidance', 'mixtureWeight', 'gridPower', 'tolerance'] as const

/** @throws MixflowError ARGUMENT_INVALID for an unknown metric; UsageError for an option that has no effect */
export function requestedMetrics(flags: EvaluateFlags): RequestedMetrics {
  const metrics = flags.metrics.map(name => checkWord(name, metricNames, { what: 'metric' }))
  const samples = sampleMetrics.filter(metric => metrics.includes(metric))
  const unused = sampleFlags.find(name => flags[name] !== undefined)
  if (samples.length === 0 && unused !== undefined) {
    const option = unused.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
    throw new UsageError(
      `--${option} requires a metric that is measured on samples`,
      `add one with --metrics ${sampleMetrics.join(',')}`,
    )
  }
  return { samples, curvature: metrics.includes('curvature'), loss: metrics.includes('loss') }
}

/** @throws MixflowError ARGUMENT_INVALID for an unknown solver */
export const requestedSolvers = (flags: EvaluateFlags): readonly SolverName[] | undefined =>
  flags.solver?.map(name => checkWord(name, solverNames, { what: 'solver' }))

/** Folder of the results and of the parts to resume from. */
export const folderOf = ({ source, flags }: Job) => flags.out ?? evaluationFolder(source)

/** How to open the images to compare with; a run knows its data set, a model only the name. */
export function dataOf(job: Job) {
  const { flags, generator, source, status, signal } = job
  const { channels, height, width } = generator.model.image
  const { trainedOn, facts } = generator
  const spec = flags.data ?? trainedOn
  const isKnown = facts.kind === 'checkpoint' || (dataNames as readonly string[]).includes(trainedOn)
  if (flags.data === undefined && !isKnown) {
    const message = `${source} was trained on "${trainedOn}", which is not a built-in data set`
    const hint = 'choose the data to compare with: --data <name, folder or zip>'
    throw new MixflowError('DATA_UNKNOWN', message, { hint, details: { dataset: trainedOn } })
  }
  return {
    spec,
    options: {
      // default: as in training, on the training data
      ...(flags.data === undefined && flags.badImages === undefined ? generator.badImages : {}),
      ...defined({ badImages: flags.badImages, badImagesLimit: flags.badImagesLimit }),
      channels: channels === 1 ? 1 : 3,
      ...(height === width ? { size: height } : {}),
      onProgress: showDataProgress(status),
      signal,
    } as const,
  }
}

export const showDataProgress =
  (status: StatusLine) =>
  ({ phase, what, done, total }: DataProgress): void =>
    status.show(`${progressBar(total > 0 ? done / total : 1)}  ${phase} ${what}`)

const width = 24

/** @param fraction done, 0..1 @param secondsLeft omitted where undefined or infinite */
export function progressBar(fraction: number, secondsLeft?: number): string {
  const full = Math.min(width, Math.max(0, Math.floor(fraction * width)))
  const left = secondsLeft === undefined || !Number.isFinite(secondsLeft) ? '' : `  ${formatDuration(secondsLeft)} left`
  return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${percentText(fraction)}${left}`
}
