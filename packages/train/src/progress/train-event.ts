/** The events of a training run, as plain records. `progressDisplay` shows them on a stream. */
import type { DataProgress } from '../data/tasks.ts'

/** How a run ended. `failed`: it threw an error. */
export type RunOutcome = 'finished' | 'interrupted' | 'failed'

export type TrainEvent =
  /** The data set is being opened: downloaded, verified, read. */
  | { readonly type: 'data'; readonly progress: DataProgress }
  /** Something slow other than a step has begun, such as writing the report. Lasts until the next event. */
  | { readonly type: 'phase'; readonly text: string }
  /** A message for people, such as a damaged checkpoint that was skipped. */
  | { readonly type: 'note'; readonly text: string }
  | {
      readonly type: 'start'
      readonly title: string
      readonly totalImages: number
      /** Images seen before; above 0 in a resumed run. */
      readonly startImages: number
      readonly device: string
    }
  /** The length of the run was adjusted. */
  | { readonly type: 'length'; readonly totalImages: number; readonly secondsLeft: number }
  | {
      readonly type: 'step'
      readonly step: number
      readonly imagesSeen: number
      /** Smoothed. */
      readonly loss: number
      readonly imagesPerSecond: number
      readonly secondsLeft: number
    }
  /** A sample grid or a checkpoint was written. */
  | { readonly type: 'samples'; readonly path: string }
  | { readonly type: 'checkpoint'; readonly path: string }
  | {
      readonly type: 'end'
      readonly outcome: RunOutcome
      readonly imagesSeen: number
      readonly totalImages: number
      /** Seconds of training, over all sessions of a resumed run. */
      readonly seconds: number
      /** Smoothed; null before the first step. */
      readonly loss: number | null
      /** Path of the report; null if it could not be written. */
      readonly report: string | null
      /** Why a failed run failed, and what to do. */
      readonly reason?: string
    }

export type OnTrainEvent = (event: TrainEvent) => void
