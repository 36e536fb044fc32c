/**
 * From a preset's name and some `key=value` pairs to a checked configuration. Unknown keys are refused with the nearest
 * known one, values with what they may be. Values are read as JSON where they are JSON, else as words: `batchSize=256`,
 * `source.mixing=sample`, `source.weight={"levels":1000}`, `encoder=null`.
 */

import { MixflowError, stepsOf } from '@mixflow/core'
import { checkWord, mixingProblem, nearest, needsLabels, show } from '@mixflow/core/internal'
import { methodNames, type PresetName, presets, type TrainingConfig, withMethod } from '@mixflow/zoo'
import type { z } from 'zod'
import { defaultBadImages } from '../data/bad-images.ts'
import { allowedValues, configSchema } from './config-schema.ts'

type Tree = { [key: string]: unknown }

export interface ConfigRequest {
  readonly preset: string
  /** One of `methodNames`. Default: the method of the preset. */
  readonly method?: string | undefined
  /** `key=value`, in order; later ones win. */
  readonly set?: readonly string[]
}

export interface ResolvedConfig {
  readonly preset: PresetName
  readonly config: TrainingConfig
}

/** @throws MixflowError CONFIG_UNKNOWN_PRESET, CONFIG_UNKNOWN_KEY, CONFIG_INVALID */
export function resolveConfig({ preset, method = 'mixflow', set = [] }: ConfigRequest): ResolvedConfig {
  const names = Object.keys(presets) as PresetName[]
  const name = checkWord(preset, names, { what: 'preset', code: 'CONFIG_UNKNOWN_PRESET' })
  const by = checkWord(method, methodNames, { what: 'method', code: 'CONFIG_INVALID' })
  return { preset: name, config: changeConfig(withMethod(presets[name].config, by), { set, preset: name }) }
}

/** A configuration with some settings changed. @throws as `resolveConfig` */
export function changeConfig(
  config: TrainingConfig,
  { set, preset }: { readonly set: readonly string[]; readonly preset: string },
): TrainingConfig {
  const tree = structuredClone(config) as unknown as Tree
  for (const assignment of set) assign(tree, assignment, preset)
  return checkConfig(tree)
}

/** Checks a complete configuration. @throws MixflowError CONFIG_INVALID, CONFIG_UNKNOWN_KEY */
export function checkConfig(value: unknown): TrainingConfig {
  const result = configSchema.safeParse(value)
  if (!result.success) throw invalid(result.error.issues[0] as z.core.$ZodIssue, value)
  const config = result.data as TrainingConfig
  checkConsistency(config)
  return config
}

/** Paths of all settings, such as `source.kappa`, without the options of networks. */
export function settingPaths(tree: unknown = presets.quickstart.config, prefix = ''): string[] {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return [prefix]
  const below = Object.entries(tree).flatMap(([key, value]) =>
    settingPaths(value, prefix === '' ? key : `${prefix}.${key}`),
  )
  return prefix === '' ? below : [prefix, ...below]
}

function assign(tree: Tree, assignment: string, preset: string): void {
  const at = assignment.indexOf('=')
  if (at < 1) {
    throw new MixflowError('CONFIG_INVALID', `--set ${show(assignment)} is not of the form key=value`, {
      hint: 'for example --set batchSize=256',
    })
  }
  const path = assignment.slice(0, at)
  const keys = path.split('.')
  const last = keys.pop() as string
  let place: Tree = tree
  for (const key of keys) {
    if (!Object.hasOwn(place, key) || !isTree(place[key])) throw unknownKey(path, assignment, preset)
    place = place[key]
  }
  if (!Object.hasOwn(place, last)) throw unknownKey(path, assignment, preset)
  place[last] = parseValue(assignment.slice(at + 1))
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

function unknownKey(path: string, assignment: string, preset: string): MixflowError {
  const near = nearest(path, settingPaths())
  const hint = `${near === undefined ? '' : `did you mean "${near}"?   `}all settings: mixflow train ${preset} --dry-run`
  return new MixflowError('CONFIG_UNKNOWN_KEY', `unknown setting "${path}" in --set ${assignment}`, {
    hint,
    details: { key: path, nearest: near },
  })
}

function invalid(issue: z.core.$ZodIssue, tree: unknown): MixflowError {
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const key = [path, issue.keys[0]].filter(part => part !== '').join('.')
    const near = nearest(key, settingPaths())
    return new MixflowError('CONFIG_UNKNOWN_KEY', `unknown setting "${key}"`, {
      ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
      details: { key, nearest: near },
    })
  }
  const value = issue.path.reduce<unknown>((place, key) => (isTree(place) ? place[String(key)] : undefined), tree)
  const allowed = allowedValues(issue.path)
  const near = typeof value === 'string' ? nearest(value, allowed?.words ?? []) : undefined
  const shown = value === undefined ? 'missing' : value === '' ? `"": ${issue.message}` : show(value)
  return new MixflowError('CONFIG_INVALID', `setting "${path}" is ${shown}`, {
    hint: `${near === undefined ? '' : `did you mean "${near}"? `}it may be ${allowed?.text ?? issue.message}`,
    details: { key: path, value },
  })
}

/** Checks settings against each other. */
function checkConsistency(config: TrainingConfig): void {
  const refuse = (message: string, hint: string): never => {
    throw new MixflowError('CONFIG_INVALID', message, { hint })
  }
  if ((config.source === null) !== (config.encoder === null)) {
    refuse(
      `source is ${config.source === null ? 'null' : 'set'} but encoder is ${config.encoder === null ? 'null' : 'set'}`,
      'plain rectified flow has neither: --set source=null --set encoder=null',
    )
  }
  if (config.source !== null && config.coupling === 'optimal-transport') {
    refuse(
      'coupling is "optimal-transport" but source is set: a conditioned source is already coupled to its image',
      'add --set source=null --set encoder=null, or use --method optimal-transport',
    )
  }
  if (config.source !== null && needsLabels(config.source) && !config.labels) {
    refuse('source.kappa is "label" but labels is false', 'add --set labels=true, or another kappa')
  }
  const problem = config.source === null ? undefined : mixingProblem(config.source)
  if (problem !== undefined) refuse(`source: ${problem}`, 'add --set source.mixing=sample')
  const { solver, nfe, guidance } = config.sampling
  if (config.labels && config.labelDropout === 0 && guidance > 0) {
    refuse(
      `sampling.guidance is ${guidance} but labelDropout is 0: the network is never trained without a label, which guidance requires`,
      'add --set labelDropout=0.1, or --set sampling.guidance=0',
    )
  }
  if (solver !== 'dopri5') stepsOf(solver, nfe)
}

/** Settings that older runs and checkpoints lack, with the values that correspond to what was done before they existed. */
const addedSettings = {
  imagesAtOnce: null,
  coupling: 'independent',
  ...defaultBadImages,
} as const satisfies Partial<TrainingConfig>
const addedSamplingSettings = { gridPower: 1 } as const satisfies Partial<TrainingConfig['sampling']>

/** Checks the configuration of a stored run or checkpoint, which may lack newer settings. @throws MixflowError CONFIG_INVALID, CONFIG_UNKNOWN_KEY */
export function storedConfig(value: unknown): TrainingConfig {
  if (!isTree(value)) return checkConfig(value)
  const { sampling } = value
  return checkConfig({
    ...addedSettings,
    ...value,
    ...(isTree(sampling) ? { sampling: { ...addedSamplingSettings, ...sampling } } : {}),
  })
}
