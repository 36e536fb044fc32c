/** What a training run is made of: what was asked for, what stays the same all along, and where it stands. */

import type { TrainingConfig } from '@mixflow/zoo'
import type { BatchCursor } from '../data/batch-order.ts'
import type { Dataset } from '../data/dataset.ts'
import type { ParameterVector } from '../model/parameter-vector.ts'
import type { TensorSampler } from '../model/tensor-sampler.ts'
import type { TrainingModel } from '../model/training-model.ts'
import type { OnTrainEvent } from '../progress/train-event.ts'
import type { TrainState } from '../step/train-step.ts'

export interface TrainOptions {
  readonly config: TrainingConfig
  readonly data: Dataset
  /** Where the run is kept. */
  readonly folder: string
  readonly preset?: string | null
  /** The command that started this, for the report. */
  readonly command?: string
  /** How mixflow is started, for the commands in the report: `npx mixflow` unless said. */
  readonly program?: string
  /** Go on with the run in the folder. */
  readonly resume?: boolean
  /**
   * Seconds from now in which a new run is to end: while its learning rate does not fall yet, `config.totalImages` is planned again from
   * the speed that was met. Without it, the run is as long as the configuration says.
   */
  readonly seconds?: number | undefined
  /** Seconds until the first sample grid and report, at the latest. Default: 75. */
  readonly firstSampleSeconds?: number
  /** Ends the run after the step, with a checkpoint. */
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: OnTrainEvent
}

/** Where a run stands between two steps. */
export interface Position {
  step: number
  imagesSeen: number
  /** Seconds of training so far, those of earlier sessions included. */
  seconds: number
  cursor: BatchCursor
  /** Smoothed; null before the first step. */
  loss: number | null
  state: TrainState
}

/** What stays the same from the first step to the last, but for the length. */
export interface Run {
  /** Changes in `config.totalImages` alone, where the run is planned again. */
  options: TrainOptions
  readonly model: TrainingModel
  readonly vector: ParameterVector
  readonly sampler: TensorSampler
  readonly emit: OnTrainEvent
}
