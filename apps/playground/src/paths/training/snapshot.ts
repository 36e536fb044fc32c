/** What the worker tells the page: once of a run what does not change, then the flows as they improve. */
import type { Method } from './settings.ts'

/** Euler steps after which the distance to the data is measured. */
export const measuredSteps = [1, 2, 4, 8] as const
/** Those whose paths can be seen; the last are as good as exact. */
export const shownSteps = [...measuredSteps, 32] as const
export const exactSteps = shownSteps[4]

/** The field is known at times i / (fieldTimes − 1), on a grid of places, `[places × 2]`. */
export const fieldTimes = 9
const [columns, rows, spacing] = [17, 11, 0.42]
export const fieldPlaces: Float32Array = Float32Array.from({ length: 2 * columns * rows }, (_, k) => {
  const at = k >> 1
  return spacing * (k % 2 === 0 ? (at % columns) - (columns - 1) / 2 : Math.floor(at / columns) - (rows - 1) / 2)
})

export interface Scene {
  /** Data points, `[N × 2]`. */
  readonly data: Float32Array
  /** Ends of the shown training lines, and the noise ε that they start from or are drawn by. */
  readonly x1: Float32Array
  readonly noise: Float32Array
}

export interface FlowSnapshot {
  /** By `measuredSteps`. */
  readonly distances: readonly number[]
  readonly curvature: number
  /** By `shownSteps`: the states of all paths after 0, 1, … steps, `[paths × 2]` each. */
  readonly paths: readonly (readonly Float32Array[])[]
  /** Velocities by `fieldTimes`, at `fieldPlaces`. */
  readonly field: readonly Float32Array[]
  /** The encoder's Gaussian of each x1 of the scene; null without an encoder. */
  readonly gaussian: { readonly mean: Float32Array; readonly logVariance: Float32Array } | null
}

export interface Snapshot {
  /** Steps of training so far. */
  readonly step: number
  readonly flows: Readonly<Record<Method, FlowSnapshot>>
}
