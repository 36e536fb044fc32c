/**
 * From what a person asks for to the runs of an experiment: each method with each seed, with its resolved configuration and the
 * name that its result and its working folder have. Seeds come first: after a part of the time, all methods have been
 * seen once.
 */

import { MixflowError, maxSeed } from '@mixflow/core'
import { checkWord } from '@mixflow/core/internal'
import { resolveConfig } from '@mixflow/train'
import type { MethodName, PresetName, TrainingConfig } from '@mixflow/zoo'
import { type FewStepDataName, fewStepData, fewStepMethods, fewStepSeeds } from './few-step.ts'

export interface RunsRequest {
  /** As for `openData`: `cifar10`, or `cifar10:<folder>`. */
  readonly data: string
  /** Comma-separated; all unless given. */
  readonly methods?: string | undefined
  /** Comma-separated; 1,2 unless given. */
  readonly seeds?: string | undefined
  /** Of training; the preset's unless given. */
  readonly steps?: number | undefined
  /** Settings that differ from the preset's, of every run. */
  readonly set?: readonly string[]
}

export interface PlannedRun {
  readonly dataName: FewStepDataName
  readonly preset: PresetName
  readonly method: MethodName
  readonly seed: number
  /** Settings that differ from the preset's, `key=value`. */
  readonly changes: readonly string[]
  /** `data` is as the request said. */
  readonly config: TrainingConfig
  /** `cifar10-1500-steps/mixflow-seed-1`, below the folder of results and below that of work. */
  readonly name: string
}

/** What the experiment decides, so that runs of one table can be compared. */
const decided = ['data', 'seed', 'totalImages', 'batchSize', 'size', 'channels', 'limit', 'labels']

/** @throws MixflowError CONFIG_INVALID, CONFIG_UNKNOWN_KEY, ARGUMENT_INVALID */
export function planRuns(request: RunsRequest): PlannedRun[] {
  const { data, steps, set = [] } = request
  const dataName = dataNameOf(data)
  const { preset } = fewStepData[dataName]
  for (const assignment of set) refuseDecided(assignment)
  const methods = wordsOf(request.methods, fewStepMethods).map(word =>
    checkWord(word, fewStepMethods, { what: 'method' }),
  )
  const seeds = wordsOf(request.seeds, fewStepSeeds.map(String)).map(seedOf)
  return seeds.flatMap(seed =>
    methods.map(method => {
      const { config: base } = resolveConfig({ preset, method, set: [`data=${JSON.stringify(data)}`, `seed=${seed}`] })
      const length = steps === undefined ? [] : [`totalImages=${steps * base.batchSize}`]
      const own = [`data=${JSON.stringify(data)}`, `seed=${seed}`, ...length, ...set]
      const { config } = resolveConfig({ preset, method, set: own })
      const place = `${dataName}-${config.totalImages / config.batchSize}-steps`
      return {
        ...{ dataName, preset, method, seed, config, changes: set },
        name: `${place}/${[method, ...set.map(fileWord)].join('+')}-seed-${seed}`,
      }
    }),
  )
}

/** @throws MixflowError ARGUMENT_INVALID for data that the experiment has no setting for */
export function dataNameOf(data: string): FewStepDataName {
  const names = Object.keys(fewStepData) as FewStepDataName[]
  return checkWord(data.split(':')[0] as string, names, { what: 'data set of this experiment' })
}

const wordsOf = (list: string | undefined, all: readonly string[]): readonly string[] =>
  list === undefined ? all : [...new Set(list.split(',').map(word => word.trim()))]

function seedOf(word: string): number {
  const seed = Number(word)
  if (/^\d+$/.test(word) && seed <= maxSeed) return seed
  throw new MixflowError('ARGUMENT_INVALID', `seeds are whole numbers from 0 to ${maxSeed}, got "${word}"`, {
    hint: 'for example --seeds 1,2,3',
  })
}

function refuseDecided(assignment: string): void {
  const key = assignment.split('=')[0]!
  if (!decided.includes(key)) return
  throw new MixflowError('CONFIG_INVALID', `${key} is the same for all runs of the experiment: --set ${assignment}`, {
    hint: 'data, seeds and length have options of their own: --data, --seeds, --steps',
    details: { key },
  })
}

/** A setting as a part of a file's name. */
const fileWord = (assignment: string): string => assignment.replaceAll(/[^\w.=-]+/g, '_')
