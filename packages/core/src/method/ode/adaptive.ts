/**
 * Dormand and Prince's 5(4) with step-size control: the step grows and shrinks so that the estimated error of each step,
 * as root mean square over all elements relative to atol + rtol · |x|, stays below 1. Start and controller are those of
 * SciPy's RK45 (Hairer, Nørsett and Wanner I, section II.4), since published NFE come from it.
 *
 * A batch is one equation: all its images share the steps, so results and NFE depend on what is in the batch. For images
 * that do not depend on their neighbours solve each by itself, as a sample request's `perImage` does.
 *
 * Never hangs: evaluations are capped, and a velocity that is not finite or needs a vanishing step is an error.
 */
import { MixflowError, throwIfAborted } from '../../errors.ts'
import { checkKeys, checkWord, show } from '../../util/strict.ts'
import type { LinearSpace } from '../linear-space.ts'
import { HeldStates } from './held-states.ts'
import { type Solution, type SpanOptions, scaled, spaceOf, spanKeys, stageVelocities, type Velocity } from './solve.ts'
import { type AdaptiveSolverName, adaptiveSolvers } from './solver.ts'
import type { EmbeddedTableau } from './tableau.ts'
import { checkSpan } from './time-grid.ts'

export interface AdaptiveOptions<T> extends SpanOptions<T> {
  /** Default: `'dopri5'`. */
  readonly solver?: AdaptiveSolverName
  /** Relative tolerance per step. Default: 1e-5. */
  readonly rtol?: number
  /** Absolute tolerance per step. Default: 1e-5. */
  readonly atol?: number
  /** Maximum number of evaluations. Default: 10,000. */
  readonly maxNfe?: number
}

export interface AdaptiveSolution<T> extends Solution<T> {
  /** Attempted steps whose error was too large. */
  readonly rejected: number
  /** `from` and the end of each accepted step. */
  readonly times: readonly number[]
}

const safety = 0.9
const smallestFactor = 0.2
const largestFactor = 10

/**
 * Integrates x0 from t = 0 to t = 1, choosing the steps.
 *
 * @throws MixflowError ARGUMENT_INVALID for bad options; SOLVER_FAILED where t = 1 cannot be reached (`details.reason`:
 * `not-finite`, `step-too-small`, `too-many-evaluations`); ABORTED.
 */
export async function solveAdaptive<T>(
  velocity: Velocity<T>,
  x0: T,
  options: AdaptiveOptions<T> = {},
): Promise<AdaptiveSolution<T>> {
  checkKeys(options as unknown, ['solver', 'rtol', 'atol', 'maxNfe', ...spanKeys], { what: 'solveAdaptive' })
  const { solver = 'dopri5', rtol = 1e-5, atol = 1e-5, maxNfe = 10_000, from = 0, to = 1, signal, onStep } = options
  checkWord(solver, Object.keys(adaptiveSolvers), { what: 'adaptive solver' })
  checkTolerances({ rtol, atol, maxNfe })
  checkSpan(from, to)
  const space = options.space ?? spaceOf(x0)
  const held = new HeldStates(space)
  let nfe = 0
  let t = from
  const fail = (reason: SolverFailure) => solverFailed(reason, { t, nfe })
  const evaluate = async (x: T, at: number) => {
    throwIfAborted(signal)
    if (nfe >= maxNfe) throw fail('too-many-evaluations')
    nfe++
    return held.keep(await velocity(x, at))
  }
  const tools: Tools<T> = { tableau: adaptiveSolvers[solver].adaptive, rtol, atol, space, held, evaluate }

  let x = x0
  try {
    let first = await evaluate(x, t)
    let size = await firstStepSize(tools, { x, first, t, to })
    if (!(size > 0)) throw fail('not-finite')
    const times = [from]
    let rejected = 0
    let wasRejected = false
    while (t !== to) {
      const smallest = 10 * Math.max(Number.EPSILON * Math.abs(t), Number.MIN_VALUE)
      if (wasRejected && size < smallest) throw fail('step-too-small')
      const next = stepTo({ t, to, size: Math.max(size, smallest) })
      const { after, last, error } = await attempt(tools, { x, first, t, next })
      if (!Number.isFinite(error)) throw fail('not-finite')

      const accepted = error < 1
      size = Math.abs(next - t) * stepFactor(tools.tableau, { error, wasRejected })
      wasRejected = !accepted
      if (!accepted) {
        rejected++
        held.release(after, last)
        continue
      }
      held.release(x, first)
      x = after
      first = last
      t = next
      times.push(t)
      await onStep?.({ step: times.length - 1, t, x, nfe })
    }
    throwIfAborted(signal)
    held.releaseAllBut(x)
    return { x, nfe, steps: times.length - 1, rejected, times }
  } catch (error) {
    held.releaseAllBut()
    throw error
  }
}

interface Tools<T> {
  readonly tableau: EmbeddedTableau
  readonly rtol: number
  readonly atol: number
  readonly space: LinearSpace<T>
  readonly held: HeldStates<T>
  readonly evaluate: (x: T, t: number) => Promise<T>
}

interface At<T> {
  readonly x: T
  readonly t: number
  /** The velocity there. */
  readonly first: T
}

/** The state at `next`, the velocity there, and the estimated error in units of the tolerance. */
async function attempt<T>(tools: Tools<T>, { x, t, first, next }: At<T> & { readonly next: number }) {
  const { tableau, space, held, evaluate, rtol, atol } = tools
  const h = next - t
  const velocities = await stageVelocities(tableau, { x, t, h, first, space, held, evaluate })
  const after = held.keep(await space.combine([{ factor: 1, of: x }, ...scaled(tableau.weights, velocities, h)]))
  const last = await evaluate(after, next)
  const difference = held.keep(await space.combine(scaled(tableau.errorWeights, [...velocities, last], h)))
  const error = await space.norm(difference, { rtol, atol, at: [x, after] })
  held.release(difference, ...velocities.slice(1))
  return { after, last, error }
}

/** Where the step ends: exactly at `to` rather than beyond it. */
function stepTo({ t, to, size }: { readonly t: number; readonly to: number; readonly size: number }): number {
  return size >= Math.abs(to - t) ? to : t + Math.sign(to - t) * size
}

/** How much longer the next step may be: the error grows as size^order. */
function stepFactor(tableau: EmbeddedTableau, { error, wasRejected }: { error: number; wasRejected: boolean }): number {
  const factor = safety * error ** (-1 / (tableau.embeddedOrder + 1))
  if (error >= 1) return Math.max(smallestFactor, factor)
  return Math.min(wasRejected ? 1 : largestFactor, factor)
}

/**
 * A first step size from the sizes of state and velocity and an estimate of the acceleration, at the price of one
 * evaluation. Not finite if they are not.
 */
async function firstStepSize<T>(
  tools: Tools<T>,
  { x, t, first, to }: At<T> & { readonly to: number },
): Promise<number> {
  const { tableau, space, held, evaluate, rtol, atol } = tools
  const norm = (v: T) => space.norm(v, { rtol, atol, at: [x] })
  const length = Math.abs(to - t)
  const position = await norm(x)
  const speed = await norm(first)
  const trial = Math.min(position < 1e-5 || speed < 1e-5 ? 1e-6 : (0.01 * position) / speed, length)
  const h = Math.sign(to - t) * trial

  const ahead = held.keep(await space.combine(scaled([1, h], [x, first], 1)))
  const second = await evaluate(ahead, t + h)
  const change = held.keep(await space.combine(scaled([1, -1], [second, first], 1)))
  const acceleration = (await norm(change)) / trial
  held.release(ahead, second, change)

  const fastest = Math.max(speed, acceleration)
  const guess = fastest <= 1e-15 ? Math.max(1e-6, trial * 1e-3) : (0.01 / fastest) ** (1 / (tableau.embeddedOrder + 1))
  return Math.min(100 * trial, guess, length)
}

const failures = {
  'not-finite': 'the velocity is not finite',
  'step-too-small': 'the steps became too small to go on',
  'too-many-evaluations': 'the allowed number of evaluations did not suffice',
} as const satisfies Record<string, string>

type SolverFailure = keyof typeof failures

function solverFailed(reason: SolverFailure, at: { readonly t: number; readonly nfe: number }): MixflowError {
  return new MixflowError(
    'SOLVER_FAILED',
    `dopri5 stopped at t = ${at.t} after ${at.nfe} evaluations: ${failures[reason]}`,
    {
      hint: 'raise rtol and atol, or use a fixed-step solver such as "heun"; a velocity that is not finite is the model’s fault',
      details: { reason, ...at },
    },
  )
}

function checkTolerances(values: { readonly rtol: number; readonly atol: number; readonly maxNfe: number }): void {
  const { rtol, atol, maxNfe } = values
  const valid = rtol >= 1e-14 && rtol < 1 && atol >= 0 && atol < Number.POSITIVE_INFINITY && maxNfe >= 2
  if (valid) return
  throw new MixflowError('ARGUMENT_INVALID', `need 1e-14 ≤ rtol < 1, atol ≥ 0 and maxNfe ≥ 2, got ${show(values)}`, {
    details: values,
  })
}
