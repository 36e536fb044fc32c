/**
 * The contents of a report. `ReportFacts` comes from the training program, the rest is read from the run's folder. A report can
 * be written at any time during a run; it omits what does not exist yet.
 */
import type { ImageShape, Labels } from '@mixflow/core'
import type { TrainingConfig } from '@mixflow/zoo'
import type { MetricsLine } from '../loop/run-folder.ts'
import type { RunOutcome } from '../progress/train-event.ts'
import type { Judgement } from './judgement.ts'

export interface ReportFacts {
  /** Name of the preset the configuration started from. */
  readonly preset: string | null
  readonly config: TrainingConfig
  /** The command that started the run. */
  readonly command: string
  /** The command before a subcommand's name: `npx mixflow`. */
  readonly program: string
  /** A description of the device: `CPU, 2 cores`. */
  readonly device: string
  readonly state: 'running' | RunOutcome
  /** Why a failed run failed. */
  readonly reason?: string
  readonly dataset: {
    readonly name: string
    readonly images: number
    readonly licence: string | null
    readonly attribution: string | null
  }
  readonly image: ImageShape
  /** null if the model has no classes. */
  readonly labels: Labels | null
  /** Number of parameters of each network. */
  readonly parameters: { readonly denoiser: number; readonly encoder: number }
  /** The class of each row of the sample grids, from the top; null without classes. */
  readonly gridRows: readonly string[] | null
  /** null until it is measured. */
  readonly curvature: MeasuredCurvature | null
  /** null until the run has finished. */
  readonly judgement: Judgement | null
}

export interface MeasuredCurvature {
  readonly mean: number
  /** Over the trajectories. */
  readonly standardDeviation: number
  readonly trajectories: number
  /** Euler steps per trajectory. */
  readonly steps: number
}

export interface SampleGrid {
  readonly imagesSeen: number
  readonly png: Uint8Array
}

export interface ReportData extends ReportFacts {
  /** Path of the run's folder, as used in commands. */
  readonly folder: string
  /** Whether there is a checkpoint to resume from or to export. Default: true. */
  readonly hasCheckpoint?: boolean
  /** When the page was written; ISO 8601. */
  readonly written: string
  /** In order of steps. */
  readonly metrics: readonly MetricsLine[]
  /** All from the same noise, oldest first. */
  readonly grids: readonly SampleGrid[]
  /** Samples of the κ-conditioned source for some images; null if it is not conditioned on an image. */
  readonly sources: readonly { readonly name: string; readonly png: Uint8Array }[] | null
}
