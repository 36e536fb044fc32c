/** Defaults of the exported model's sampler: those of the training configuration, overridden by the options of the export. */

import { isAdaptive, type Manifest, MixflowError, type SolverName, solverNames, stepsOf } from '@mixflow/core'
import { type Checkpoint, checkKeys, samplesFromEncoder, show } from '@mixflow/core/internal'

export type SamplingDefaults = Manifest['sampler']

type Options = Partial<SamplingDefaults>
type Facts = Pick<Checkpoint, 'config' | 'labels' | 'source'>

const keys = [
  'solver',
  'nfe',
  'steps',
  'gridPower',
  'guidance',
  'mixtureWeight',
] as const satisfies readonly (keyof SamplingDefaults)[]

/** For a checkpoint whose configuration has none: the solver and NFE of the paper's tables. */
const fallback = { solver: 'heun', nfe: 9, guidance: 0 } as const

/** @throws MixflowError ARGUMENT_INVALID if options and configuration are inconsistent */
export function samplingDefaults(options: Options, { config, labels, source }: Facts): SamplingDefaults {
  checkKeys(options as unknown, keys, { what: 'sampling' })
  const chosen = defined(options)
  const { solver, nfe, steps, gridPower, guidance, mixtureWeight } = { ...fallback, ...configured(config), ...chosen }
  if (!solverNames.includes(solver)) throw invalid(`solver is ${show(solver)}`, `use one of ${solverNames.join(', ')}`)
  return {
    solver,
    ...duration({ solver, nfe, steps, chosen }),
    ...grid(solver, gridPower),
    guidance: guidanceOf(labels, { guidance, chosen }),
    mixtureWeight: samplesFromEncoder(source) ? inRange('mixtureWeight', mixtureWeight ?? 1, 1) : 0,
  }
}

/** The options in the training configuration, unchecked. */
function configured({ sampling }: Checkpoint['config']): Options {
  if (typeof sampling !== 'object' || sampling === null) return {}
  const { solver, nfe, gridPower, guidance } = sampling as Options
  return defined({ solver, nfe, gridPower, guidance })
}

const defined = <T extends object>(record: T) =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Options

interface Duration {
  readonly solver: SolverName
  readonly nfe: number
  readonly steps: number | undefined
  /** The caller's options. */
  readonly chosen: Options
}

function duration({ solver, nfe, steps, chosen }: Duration): Pick<SamplingDefaults, 'nfe' | 'steps'> {
  if (chosen.nfe !== undefined && chosen.steps !== undefined) {
    throw invalid(`nfe (${show(nfe)}) and steps (${show(steps)}) exclude each other`, 'give one of them')
  }
  if (isAdaptive(solver)) {
    if (chosen.nfe === undefined && chosen.steps === undefined) return {}
    throw invalid(`${solver} is adaptive and chooses its steps`, 'leave out nfe and steps, or use a fixed-step solver')
  }
  if (steps !== undefined) return { steps: count('steps', steps) }
  stepsOf(solver, count('nfe', nfe))
  return { nfe }
}

/** Guidance requires classes and a network that was trained with label dropout. */
function guidanceOf(
  labels: Facts['labels'],
  { guidance, chosen }: { readonly guidance: number; readonly chosen: Options },
) {
  if (labels === null) return 0
  const requested = inRange('guidance', guidance, 1000)
  if (!labels.required) return requested
  if (!chosen.guidance) return 0
  throw invalid(
    `guidance is ${show(guidance)}, but the model was trained without label dropout`,
    'leave out guidance, or train with labelDropout',
  )
}

/** Omitted for equal steps. */
function grid(solver: SolverName, gridPower: number | undefined): Pick<SamplingDefaults, 'gridPower'> {
  if (gridPower === undefined || gridPower === 1 || isAdaptive(solver)) return {}
  if (typeof gridPower === 'number' && gridPower >= 0.1 && gridPower <= 10) return { gridPower }
  throw invalid(`gridPower is ${show(gridPower)}`, 'give a number in 0.1..10')
}

function count(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= 100_000) return value
  throw invalid(`${name} is ${show(value)}`, 'give an integer in 1..100000')
}

function inRange(name: string, value: number, most: number): number {
  if (typeof value === 'number' && value >= 0 && value <= most) return value
  throw invalid(`${name} is ${show(value)}`, `give a number in 0..${most}`)
}

function invalid(what: string, hint: string): MixflowError {
  return new MixflowError('ARGUMENT_INVALID', `invalid sampling options: ${what}`, { hint })
}
