/** What shows the events of a run, and where: the bar and the plain lines are two of it. */
import type { TrainEvent } from './train-event.ts'

export interface ProgressDisplay {
  show(event: TrainEvent): void
  /** Gives the terminal back; an `end` event does, too. To be called however the run ends; more than once is fine. */
  close(): void
}

/** A stream like `process.stdout`. */
export interface DisplayStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean
  readonly columns?: number
}
