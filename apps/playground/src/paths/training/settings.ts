/** What decides a run of the two flows: the same settings give the same pictures on the same machine. */
import type { MixtureWeightRule } from '@mixflow/core'

export const shapes = ['moons', 'spirals', 'checkerboard', 'drawing'] as const
export type Shape = (typeof shapes)[number]

/** Rules for w in training, by the name that addresses have. 0 and 1 are rectified flow (beside an idle encoder) and Fast-ODE. */
export const weightRules = { uniform: 'uniform', one: 1, half: 0.5, zero: 0 } as const satisfies Record<
  string,
  MixtureWeightRule
>
export type WeightRuleName = keyof typeof weightRules

export interface Settings {
  readonly shape: Shape
  /** Strokes of the shape `drawing`, as drawing.ts writes them. */
  readonly drawing: string
  readonly seed: number
  /** β */
  readonly klWeight: number
  readonly weight: WeightRuleName
}

export const methods = ['rectified-flow', 'mixflow'] as const
export type Method = (typeof methods)[number]
export const methodTitles = { 'rectified-flow': 'Rectified flow', mixflow: 'MixFlow' } as const satisfies Record<
  Method,
  string
>
