/** Between the page and the worker of the view. */
import type { Settings } from './settings.ts'
import type { Scene, Snapshot } from './snapshot.ts'

/** All that the page wants; a new message replaces the one before. */
export interface ToWorker {
  /** A new number starts anew. */
  readonly run: number
  readonly settings: Settings | null
  /** Train up to this step; one that is reached already pauses. */
  readonly until: number
}

export interface News {
  readonly run: number
  readonly snapshot: Snapshot
  /** With the first news of a run. */
  readonly scene?: Scene
}

export type FromWorker = News | { readonly failed: string }
