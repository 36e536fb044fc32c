/**
 * What a report is made of. `ReportFacts` is what the program that trains knows; the rest is read from the run's folder.
 * A report can be written at any moment of a run: what is not there yet is left out, and the page says how far it is.
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
  /** How mixflow is started on this machine, before the name of a subcommand: `npx mixflow`. */
  readonly program: string
  /** What the network runs on, for people: `CPU, 2 cores`. */
  readonly device: string
  readonly state: 'running' | RunOutcome
  /** What a failed run failed of. */
  readonly reason?: string
  readonly dataset: {
    readonly name: string
    readonly images: number
    readonly licence: string | null
    readonly attribution: string | null
  }
  readonly image: ImageShape
  /** null where the model knows no classes. */
  readonly labels: Labels | null
  /** Numbers of trained values. */
  readonly parameters: { readonly denoiser: number; readonly encoder: number }
  /** What is in each row of the sample grids, from the top; null where rows mean nothing. */
  readonly gridRows: readonly string[] | null
  /** null before it was measured. */
  readonly curvature: MeasuredCurvature | null
  /** null before the end of a run. */
  readonly judgement: Judgement | null
}

export interface MeasuredCurvature {
  readonly mean: number
  /** Over the trajectories. */
  readonly standardDeviation: number
  readonly trajectories: number
  /** Euler steps of each. */
  readonly steps: number
}

export interface SampleGrid {
  readonly imagesSeen: number
  readonly png: Uint8Array
}

/** All that `renderReport` needs. */
export interface ReportData extends ReportFacts {
  /** Path of the run's folder, as in commands. */
  readonly folder: string
  /** Whether there is a checkpoint to go on from or to export. Default: true. */
  readonly hasCheckpoint?: boolean
  /** When the page was written; ISO 8601. */
  readonly written: string
  /** In order of steps. */
  readonly metrics: readonly MetricsLine[]
  /** From the same noise, the oldest first. */
  readonly grids: readonly SampleGrid[]
  /** What the κ-conditioned source makes of some images; null where it is not conditioned on an image. */
  readonly sources: readonly { readonly name: string; readonly png: Uint8Array }[] | null
}
