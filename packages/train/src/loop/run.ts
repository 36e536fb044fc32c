/** The parts of a training run: its options, what is constant from step to step, and its position. */

import type { TrainingConfig } from '@mixflow/zoo'
import type { BatchCursor } from '../data/batch-order.ts'
import type { Dataset } from '../data/dataset.ts'
import type { OnTrainEvent } from '../progress/train-event.ts'
import type { TensorSampler } from '../step/tensor-sampler.ts'
import type { ParameterVector, TrainState } from '../step/train-state.ts'
import type { TrainingModel } from '../step/training-model.ts'

export interface TrainOptions {
  readonly config: TrainingConfig
  readonly data: Dataset
  /** Folder of the run. */
  readonly folder: string
  readonly preset?: string | null
  /** The command that started the run, for the report. */
  readonly command?: string
  /** How mixflow is started, for the commands in the report. Default: `npx mixflow`. */
  readonly program?: string
  /** Resume the run in the folder. */
  readonly resume?: boolean
  /** A run or checkpoint whose parameters a new run starts from (fine-tuning). Its networks must be those of `config`. */
  readonly from?: string | undefined
  /**
   * Duration of the run in seconds. `config.totalImages` is adjusted to the measured speed until the learning rate begins to fall.
   * Default: none, and the run has the length of the configuration.
   */
  readonly seconds?: number | undefined
  /** Latest time of the first sample grid and report, in seconds. Default: 75. */
  readonly firstSampleSeconds?: number
  /** Ends the run after the current step, with a checkpoint. */
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: OnTrainEvent
}

/** The state of a run between two steps. */
export interface Position {
  step: number
  imagesSeen: number
  /** Seconds of training, earlier sessions included. */
  seconds: number
  cursor: BatchCursor
  /** Smoothed; null before the first step. */
  loss: number | null
  state: TrainState
}

/** What is constant from step to step, except for the length. */
export interface Run {
  /** Only `config.totalImages` changes, if the run has a duration. */
  options: TrainOptions
  readonly model: TrainingModel
  readonly vector: ParameterVector
  readonly sampler: TensorSampler
  readonly emit: OnTrainEvent
}
