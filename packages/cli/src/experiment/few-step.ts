/**
 * The experiment `few-step`, as data. MixFlow's claim is that mixing sources straightens trajectories, so that few
 * evaluations of the network give better images than those of a rectified flow which was trained alike. So each method
 * trains the same network on the same images, in the same order, from the same initial weights, for as many steps; what differs is
 * how noise and images meet. Then each is sampled from the same noise by the same solvers.
 *
 * Idea: the comparison of arXiv 2604.09181, at a size that one core trains in minutes. What it leaves out: networks of the paper's
 * size, and the FID, which is another distance.
 */

import type { SampleSetting } from '@mixflow/measure'
import type { MethodName, PresetName } from '@mixflow/zoo'

export interface FewStepData {
  readonly preset: PresetName
  /** Whose features distances are measured by, as `findExtractor` knows it. */
  readonly extractor: string
}

/** By the name of the data set. */
export const fewStepData = {
  cifar10: { preset: 'cifar10-few-step', extractor: 'cifar10' },
  mnist: { preset: 'mnist-few-step', extractor: 'mnist' },
} as const satisfies Record<string, FewStepData>

export type FewStepDataName = keyof typeof fewStepData

/** In the order of tables: the one that others are compared with, then by what they add. */
export const fewStepMethods = [
  ...(['rectified-flow', 'optimal-transport', 'fast-ode', 'mixflow'] as const),
] as const satisfies readonly MethodName[]

export const fewStepSeeds: readonly number[] = [1, 2]

export interface Measuring {
  readonly settings: readonly SampleSetting[]
  /** Images per setting. */
  readonly images: number
  /** Of the noise that sampling and trajectories start from: the same for all runs. */
  readonly seed: number
  readonly trajectories: { readonly count: number; readonly steps: number }
}

/** How every run is measured. */
export const fewStepMeasuring: Measuring = {
  settings: [
    ...[5, 9].map(nfe => ({ solver: 'euler', nfe }) as const),
    ...[3, 5, 9, 17, 33].map(nfe => ({ solver: 'heun', nfe }) as const),
  ],
  images: 2000,
  seed: 0,
  trajectories: { count: 256, steps: 128 },
}
