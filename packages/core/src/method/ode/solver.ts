/**
 * The solvers by name, and how steps and evaluations convert into each other. NFE counts calls of the velocity function:
 * what sampling costs.
 *
 * `heun` is the method behind the paper's tables: Heun's method whose last step is a plain Euler step, 2·steps − 1
 * evaluations (5 NFE is 3 steps). `heun-full` takes two evaluations in every step. `ab2` is the method of Adams and Bashforth
 * of order 2: one evaluation a step, as for Euler, and the slope since the step before; its first step is Euler's.
 */
import { MixflowError } from '../../errors.ts'
import { checkWord } from '../../util/strict.ts'
import { dopri5, type EmbeddedTableau, euler, heun, midpoint, rk4, type Tableau } from './tableau.ts'
import { checkSteps } from './time-grid.ts'

export interface FixedSolver {
  readonly name: string
  readonly tableau: Tableau
  /** Method of the last step, where it is another. */
  readonly lastStep?: Tableau
  /** Extrapolate from the velocity of the step before as well, which costs no evaluation; with a tableau of one stage. */
  readonly multistep?: boolean
}

export interface AdaptiveSolver {
  readonly name: string
  readonly adaptive: EmbeddedTableau
}

export const fixedSolvers = {
  euler: { name: 'euler', tableau: euler },
  heun: { name: 'heun', tableau: heun, lastStep: euler },
  'heun-full': { name: 'heun-full', tableau: heun },
  midpoint: { name: 'midpoint', tableau: midpoint },
  rk4: { name: 'rk4', tableau: rk4 },
  ab2: { name: 'ab2', tableau: euler, multistep: true },
} as const satisfies Record<string, FixedSolver>

export const adaptiveSolvers = {
  dopri5: { name: 'dopri5', adaptive: dopri5 },
} as const satisfies Record<string, AdaptiveSolver>

export type FixedSolverName = keyof typeof fixedSolvers
export type AdaptiveSolverName = keyof typeof adaptiveSolvers
export type SolverName = FixedSolverName | AdaptiveSolverName

export const solverNames = [...Object.keys(fixedSolvers), ...Object.keys(adaptiveSolvers)] as readonly SolverName[]

/** Whether the solver chooses its steps by itself. */
export const isAdaptive = (name: SolverName): name is AdaptiveSolverName => Object.hasOwn(adaptiveSolvers, name)

/** The solver of that name. @throws MixflowError naming the nearest one. */
export function fixedSolver(solver: FixedSolverName | FixedSolver): FixedSolver {
  if (typeof solver === 'object') return solver
  return fixedSolvers[checkWord(solver, Object.keys(fixedSolvers) as FixedSolverName[], { what: 'fixed-step solver' })]
}

/** Evaluations that `steps` steps cost. */
export function nfeOf(solver: FixedSolverName | FixedSolver, steps: number): number {
  checkSteps(steps)
  const { perStep, saved } = cost(fixedSolver(solver))
  return perStep * steps - saved
}

/**
 * Steps that cost exactly `nfe` evaluations.
 *
 * @throws MixflowError where no number of steps does (`heun` takes odd numbers only), with the nearest that work in
 * `details.nearest` and the hint.
 */
export function stepsOf(solver: FixedSolverName | FixedSolver, nfe: number): number {
  const method = fixedSolver(solver)
  const { perStep, saved } = cost(method)
  const steps = (nfe + saved) / perStep
  if (Number.isInteger(steps) && steps >= 1) {
    checkSteps(steps)
    return steps
  }
  const below = Number.isFinite(steps) ? Math.max(0, Math.floor(steps)) : 0
  const candidates = [below, below + 1].filter(count => count >= 1)
  const nearest = candidates.map(count => perStep * count - saved)
  const rule = perStep === 1 ? 'steps' : `${perStep}·steps${saved > 0 ? ` − ${saved}` : ''}`
  throw new MixflowError('ARGUMENT_INVALID', `${method.name} cannot take exactly ${nfe} evaluations`, {
    hint: `its NFE is ${rule}: use nfe ${nearest.join(' or ')}, or say steps instead`,
    details: { nfe, solver: method.name, nearest },
  })
}

function cost({ tableau, lastStep }: FixedSolver): { perStep: number; saved: number } {
  const perStep = tableau.weights.length
  return { perStep, saved: lastStep === undefined ? 0 : perStep - lastStep.weights.length }
}
