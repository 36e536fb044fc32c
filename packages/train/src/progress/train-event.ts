/**
 * What a training run tells those who watch it, as plain records. The loop emits them and knows nothing of terminals;
 * `progressDisplay` shows them, and a program that trains may do something else with them.
 */
import type { DataProgress } from '../data/progress.ts'

/** How a run came to its end. `failed`: the loss was no finite number, or something threw. */
export type RunOutcome = 'finished' | 'interrupted' | 'failed'

export type TrainEvent =
  /** The data set is being opened: downloaded, verified, read. */
  | { readonly type: 'data'; readonly progress: DataProgress }
  /** Something that takes a while and is no step has begun: `compiling the step`. Ends with the next event. */
  | { readonly type: 'phase'; readonly text: string }
  /** Something people should know: a damaged checkpoint that was passed over. */
  | { readonly type: 'note'; readonly text: string }
  | {
      readonly type: 'start'
      readonly title: string
      readonly totalImages: number
      /** Images seen before; above 0 in a run that is resumed. */
      readonly startImages: number
      readonly device: string
    }
  /** The run became shorter or longer. */
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
  /** Sample grids and checkpoints that are on disk now. */
  | { readonly type: 'samples'; readonly path: string }
  | { readonly type: 'checkpoint'; readonly path: string }
  | {
      readonly type: 'end'
      readonly outcome: RunOutcome
      readonly imagesSeen: number
      readonly totalImages: number
      /** Of training, over all sessions of a resumed run. */
      readonly seconds: number
      /** Smoothed; null before the first step. */
      readonly loss: number | null
      /** Path of the report; null if there is none. */
      readonly report: string | null
      /** What a failed run failed of, and what to do. */
      readonly reason?: string
    }

export type OnTrainEvent = (event: TrainEvent) => void
