/**
 * The experiment `few-step`: its settings and the list of its runs. MixFlow's claim is that mixing sources straightens trajectories, so that
 * few network evaluations give better images than those of a rectified flow. Each method trains the same network on the same images in
 * the same order, from the same initial parameters, for as many steps; only the pairing of noise and images differs. All are sampled from
 * the same noise by the same solvers.
 *
 * Source: the comparison of arXiv 2604.09181, at a size that one core trains in minutes, with another distance than the FID.
 */

import { MixflowError, maxSeed } from '@mixflow/core'
import { checkWord } from '@mixflow/core/internal'
import type { SampleSetting } from '@mixflow/measure'
import { resolveConfig } from '@mixflow/train'
import type { MethodName, PresetName, TrainingConfig } from '@mixflow/zoo'

/** By data set: the preset, and the feature extractor of the distances. */
export const fewStepData = {
  cifar10: { preset: 'cifar10-few-step', extractor: 'cifar10' },
  mnist: { preset: 'mnist-few-step', extractor: 'mnist' },
} as const satisfies Record<string, { readonly preset: PresetName; readonly extractor: string }>

export type FewStepDataName = keyof typeof fewStepData

/** In the order of the tables, the baseline first. */
export const fewStepMethods = [
  'rectified-flow',
  'optimal-transport',
  'fast-ode',
  'mixflow',
] as const satisfies readonly MethodName[]

export const fewStepSeeds: readonly number[] = [1, 2]

/** How every run is measured. */
export interface Measuring {
  readonly settings: readonly SampleSetting[]
  /** Per setting. */
  readonly images: number
  /** Of the noise for samples and trajectories. */
  readonly seed: number
  readonly trajectories: { readonly count: number; readonly steps: number }
}

export const fewStepMeasuring: Measuring = {
  settings: [
    ...[5, 9].map(nfe => ({ solver: 'euler', nfe }) as const),
    ...[3, 5, 9, 17, 33].map(nfe => ({ solver: 'heun', nfe }) as const),
  ],
  images: 2000,
  seed: 0,
  trajectories: { count: 256, steps: 128 },
}

export interface RunsRequest {
  /** `cifar10`, or `cifar10:<folder>`. */
  readonly data: string
  /** Comma-separated. Default: all. */
  readonly methods?: string | undefined
  /** Comma-separated. Default: 1,2. */
  readonly seeds?: string | undefined
  /** Training steps. Default: the preset's. */
  readonly steps?: number | undefined
  /** Settings of every run that differ from the preset, `key=value`. */
  readonly set?: readonly string[]
}

export interface PlannedRun {
  readonly dataName: FewStepDataName
  readonly preset: PresetName
  readonly method: MethodName
  readonly seed: number
  /** Settings that differ from the preset, `key=value`. */
  readonly changes: readonly string[]
  readonly config: TrainingConfig
  /** `cifar10-1500-steps/mixflow-seed-1`, for results and for working files. */
  readonly name: string
}

/** Fixed, so that the runs of a table are comparable. */
const fixedKeys = ['data', 'seed', 'totalImages', 'batchSize', 'size', 'channels', 'limit', 'labels']

/**
 * Every method with every seed, by seed, so that early results cover all methods.
 *
 * @throws MixflowError CONFIG_INVALID, CONFIG_UNKNOWN_KEY, ARGUMENT_INVALID
 */
export function planRuns({ data, steps, set = [], ...lists }: RunsRequest): PlannedRun[] {
  const names = Object.keys(fewStepData) as FewStepDataName[]
  const dataName = checkWord(data.split(':')[0] as string, names, { what: 'data set of this experiment' })
  const { preset } = fewStepData[dataName]
  for (const assignment of set) refuseFixed(assignment)
  const methods = listOf(lists.methods, fewStepMethods).map(name => checkWord(name, fewStepMethods, { what: 'method' }))
  const seeds = listOf(lists.seeds, fewStepSeeds.map(String)).map(parseSeed)
  return seeds.flatMap(seed =>
    methods.map(method => {
      const base = [`data=${JSON.stringify(data)}`, `seed=${seed}`]
      const { batchSize } = resolveConfig({ preset, method, set: base }).config
      const length = steps === undefined ? [] : [`totalImages=${steps * batchSize}`]
      const { config } = resolveConfig({ preset, method, set: [...base, ...length, ...set] })
      const folder = `${dataName}-${config.totalImages / config.batchSize}-steps`
      const file = [method, ...set.map(assignment => assignment.replaceAll(/[^\w.=-]+/g, '_'))].join('+')
      return { dataName, preset, method, seed, config, changes: set, name: `${folder}/${file}-seed-${seed}` }
    }),
  )
}

const listOf = (list: string | undefined, all: readonly string[]): readonly string[] =>
  list === undefined ? all : [...new Set(list.split(',').map(item => item.trim()))]

function parseSeed(text: string): number {
  const seed = Number(text)
  if (/^\d+$/.test(text) && seed <= maxSeed) return seed
  throw new MixflowError('ARGUMENT_INVALID', `a seed must be an integer from 0 to ${maxSeed}, got "${text}"`, {
    hint: 'for example --seeds 1,2,3',
  })
}

function refuseFixed(assignment: string): void {
  const key = assignment.split('=')[0]!
  if (!fixedKeys.includes(key)) return
  throw new MixflowError('CONFIG_INVALID', `--set ${assignment}: ${key} must be the same for all runs`, {
    hint: 'use --data, --seeds and --steps for data, seeds and length',
    details: { key },
  })
}
