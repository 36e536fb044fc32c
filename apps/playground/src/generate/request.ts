/** From the controls of Generate to a request. Settings that the visitor has not changed are the model's defaults. */
import {
  type Capabilities,
  isAdaptive,
  nfeOf,
  type SampleRequest,
  type SolverName,
  solverNames,
  stepsOf,
} from '@mixflow/core'
import { classLabel, number, oneOf, text, type ValuesOf } from '../url/fields.ts'

export const counts = ['1', '4', '16', '36', '64'] as const

export const fields = {
  model: text('', 2000),
  seed: number({ min: 0, max: Number.MAX_SAFE_INTEGER, whole: true, initial: 0 }),
  count: oneOf(counts, '16'),
  label: classLabel,
  solver: oneOf(['default', ...solverNames], 'default'),
  /** 0: the model's default. */
  nfe: number({ min: 0, max: 1000, whole: true, initial: 0 }),
  /** Negative: the model's default. */
  guidance: number({ min: -1, max: 20, initial: -1 }),
  /** Negative: the model's default. */
  w: number({ min: -1, max: 1, initial: -1 }),
}
export type GenerateState = ValuesOf<typeof fields>

type FixedStepSolver = Exclude<SolverName, 'dopri5'>

const offered = [1, 2, 3, 4, 5, 7, 9, 13, 17, 33, 65]

/** Returns the values of the NFE slider; none for solvers that choose their steps. */
export const nfesOf = (solver: SolverName): readonly number[] =>
  isAdaptive(solver) ? [] : offered.filter(nfe => canTake(solver, nfe))

export function canTake(solver: FixedStepSolver, nfe: number): boolean {
  try {
    return stepsOf(solver, nfe) >= 1
  } catch {
    return false
  }
}

/** Facts of a model that are known before it is loaded. */
export type ModelFacts = Pick<Capabilities, 'defaults' | 'labels' | 'mixtureWeight'>

export interface ResolvedState {
  readonly solver: SolverName
  /** undefined: the solver chooses. */
  readonly nfe: number | undefined
  readonly label: string | undefined
  readonly guidance: number
  readonly mixtureWeight: number
}

/** Returns the settings in effect. */
export function resolveState(state: GenerateState, { defaults, labels, mixtureWeight }: ModelFacts): ResolvedState {
  const solver = state.solver === 'default' ? defaults.solver : state.solver
  return {
    solver,
    nfe: isAdaptive(solver) ? undefined : nearestNfe(solver, state.nfe > 0 ? state.nfe : defaultNfe(defaults)),
    label: labels === null || state.label === '' ? undefined : state.label,
    guidance: labels === null || labels.required ? 0 : state.guidance >= 0 ? state.guidance : defaults.guidance,
    mixtureWeight: mixtureWeight ? (state.w >= 0 ? state.w : defaults.mixtureWeight) : 0,
  }
}

function defaultNfe({ solver, nfe, steps }: Capabilities['defaults']): number {
  return nfe ?? (isAdaptive(solver) || steps === undefined ? 9 : nfeOf(solver, steps))
}

/** Returns `target` if the solver can take it, even if the slider does not offer it. */
function nearestNfe(solver: FixedStepSolver, target: number): number {
  if (canTake(solver, target)) return target
  return nfesOf(solver).reduce((best, nfe) => (Math.abs(nfe - target) < Math.abs(best - target) ? nfe : best))
}

export function requestOf(state: GenerateState, facts: ModelFacts): SampleRequest {
  const { solver, nfe, label, guidance, mixtureWeight } = resolveState(state, facts)
  const { labels } = facts
  const count = Number(state.count)
  return {
    count,
    seed: state.seed,
    solver,
    ...(nfe !== undefined && { nfe }),
    ...(labels !== null && { label: label ?? Array.from({ length: count }, (_, i) => i % labels.count), guidance }),
    ...(facts.mixtureWeight && { mixtureWeight }),
  }
}
