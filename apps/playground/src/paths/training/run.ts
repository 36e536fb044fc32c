/** A run of the two flows: its settings, what the worker reports about it, and the messages between page and worker. */
import type { MixtureWeightRule } from '@mixflow/core'

export const shapes = ['moons', 'spirals', 'checkerboard', 'drawing'] as const
export type Shape = (typeof shapes)[number]

/** Name in the URL -> rule for w in training. 0 is rectified flow with an unused encoder, 1 is Fast-ODE. */
export const weightRules = { uniform: 'uniform', one: 1, half: 0.5, zero: 0 } as const satisfies Record<
  string,
  MixtureWeightRule
>
export type WeightRuleName = keyof typeof weightRules
export const weightRuleNames = ['uniform', 'zero', 'half', 'one'] as const satisfies readonly WeightRuleName[]

/** The same settings give the same run on the same machine. */
export interface Settings {
  readonly shape: Shape
  /** Strokes of the shape `drawing`, in the format of drawing.ts. */
  readonly drawing: string
  readonly seed: number
  /** β */
  readonly klWeight: number
  readonly weight: WeightRuleName
}

export const methods = ['rectified-flow', 'mixflow'] as const
export type Method = (typeof methods)[number]
export const methodTitles: Readonly<Record<Method, string>> = { 'rectified-flow': 'Rectified flow', mixflow: 'MixFlow' }
export const forMethods = <T>(of: (method: Method) => T): Readonly<Record<Method, T>> => ({
  'rectified-flow': of('rectified-flow'),
  mixflow: of('mixflow'),
})

/** Numbers of Euler steps for which the distance to the data is measured. */
export const measuredSteps = [1, 2, 4, 8] as const
/** Numbers of Euler steps for which paths are shown. The last approximates the exact paths. */
export const shownSteps = [...measuredSteps, 32] as const
export const exactSteps = shownSteps[4]

/** The velocity field is evaluated at times i / (fieldTimes − 1) on a grid of points. */
export const fieldTimes = 9
const [columns, rows, spacing] = [17, 11, 0.42]
/** float32 `[points × 2]` */
export const fieldPoints: Float32Array = Float32Array.from({ length: 2 * columns * rows }, (_, k) => {
  const i = k >> 1
  return spacing * (k % 2 === 0 ? (i % columns) - (columns - 1) / 2 : Math.floor(i / columns) - (rows - 1) / 2)
})

/** What does not change during a run. All arrays are float32 `[N × 2]`. */
export interface Scene {
  readonly data: Float32Array
  /** Ends of the training lines that are shown. */
  readonly x1: Float32Array
  /** The noise ε of these lines. */
  readonly noise: Float32Array
}

export interface FlowSnapshot {
  /** One for each of `measuredSteps`. */
  readonly distances: readonly number[]
  readonly curvature: number
  /** For each of `shownSteps` the states after 0, 1, … steps, `[paths × 2]` each. */
  readonly paths: readonly (readonly Float32Array[])[]
  /** For each of the `fieldTimes` the velocities at `fieldPoints`. */
  readonly field: readonly Float32Array[]
  /** The encoder's output for each x1 of the scene; null without an encoder. */
  readonly gaussian: { readonly mean: Float32Array; readonly logVariance: Float32Array } | null
}

export interface Snapshot {
  /** Training steps so far. */
  readonly step: number
  readonly flows: Readonly<Record<Method, FlowSnapshot>>
}

/** Replaces the previous message. */
export interface ToWorker {
  /** A new number starts a new run. */
  readonly run: number
  readonly settings: Settings | null
  /** Train up to this step, then pause. */
  readonly until: number
}

export interface Report {
  readonly run: number
  readonly snapshot: Snapshot
  /** Only in the first report of a run. */
  readonly scene?: Scene
}

export type FromWorker = Report | { readonly failed: string }
