/** What the controls of Generate say, as a request to a model: what is left open is the model's own. */
import {
  type Capabilities,
  isAdaptive,
  nfeOf,
  type SampleRequest,
  type SolverName,
  solverNames,
  stepsOf,
} from '@mixflow/core'
import { classLabel, number, text, type ValuesOf, word } from '../address/fields.ts'
import { inTurn } from '../parts/in-turn.ts'

export const counts = ['1', '4', '16', '36', '64'] as const

export const fields = {
  model: text('', 2000),
  seed: number({ min: 0, max: Number.MAX_SAFE_INTEGER, whole: true, initial: 0 }),
  count: word(counts, '16'),
  label: classLabel,
  solver: word(['own', ...solverNames], 'own'),
  /** 0: the model's own. */
  nfe: number({ min: 0, max: 1000, whole: true, initial: 0 }),
  /** Negative: the model's own. */
  guidance: number({ min: -1, max: 20, initial: -1 }),
  /** Negative: the model's own. */
  w: number({ min: -1, max: 1, initial: -1 }),
}
export type GenerateState = ValuesOf<typeof fields>

const offered = [1, 2, 3, 4, 5, 7, 9, 13, 17, 33, 65]

/** Evaluations that a solver can take, few enough for a slider; none where it chooses by itself. */
export function nfesOf(solver: SolverName): readonly number[] {
  if (isAdaptive(solver)) return []
  return offered.filter(nfe => canTake(solver, nfe))
}

function canTake(solver: Exclude<SolverName, 'dopri5'>, nfe: number): boolean {
  try {
    return stepsOf(solver, nfe) >= 1
  } catch {
    return false
  }
}

/** What is known of a model, before it is loaded or after. */
export type ModelFacts = Pick<Capabilities, 'defaults' | 'labels' | 'mixtureWeight'>

/** What is asked for, with the model's own settings for what is left open. */
export interface Settled {
  readonly solver: SolverName
  /** undefined: the solver chooses. */
  readonly nfe: number | undefined
  readonly label: string | undefined
  readonly guidance: number
  readonly mixtureWeight: number
}

export function settle(state: GenerateState, { defaults, labels, mixtureWeight }: ModelFacts): Settled {
  const solver = state.solver === 'own' ? defaults.solver : state.solver
  return {
    solver,
    nfe: isAdaptive(solver) ? undefined : nearestNfe(solver, state.nfe > 0 ? state.nfe : ownNfe(defaults)),
    label: labels === null || state.label === '' ? undefined : state.label,
    guidance: labels === null || labels.required ? 0 : state.guidance >= 0 ? state.guidance : defaults.guidance,
    mixtureWeight: mixtureWeight ? (state.w >= 0 ? state.w : defaults.mixtureWeight) : 0,
  }
}

function ownNfe({ solver, nfe, steps }: Capabilities['defaults']): number {
  return nfe ?? (isAdaptive(solver) || steps === undefined ? 9 : nfeOf(solver, steps))
}

/** The model's own number need not be one of those that are offered. */
function nearestNfe(solver: Exclude<SolverName, 'dopri5'>, wanted: number): number {
  if (canTake(solver, wanted)) return wanted
  const known = nfesOf(solver)
  return known.reduce((best, nfe) => (Math.abs(nfe - wanted) < Math.abs(best - wanted) ? nfe : best), known[0]!)
}

export function requestOf(state: GenerateState, capabilities: ModelFacts): SampleRequest {
  const { solver, nfe, label, guidance, mixtureWeight } = settle(state, capabilities)
  const { labels } = capabilities
  const count = Number(state.count)
  return {
    ...{ count, seed: state.seed, solver },
    ...(nfe !== undefined && { nfe }),
    ...(labels !== null && { label: label ?? inTurn(labels, count), guidance }),
    ...(capabilities.mixtureWeight && { mixtureWeight }),
  }
}
