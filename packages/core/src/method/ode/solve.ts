/**
 * One loop for every fixed-step method: dx/dt = velocity(x, t), from source (t = 0) to data (t = 1). The method is a
 * tableau, the state anything with linear combinations, the velocity sync or async; each step's stages and result are
 * one `combine` each.
 */
import { MixflowError, throwIfAborted } from '../../errors.ts'
import { checkKeys, show } from '../../util/strict.ts'
import { float32Space, float64Space, type LinearSpace, type LinearTerm } from '../linear-space.ts'
import { HeldStates } from './held-states.ts'
import { type FixedSolver, type FixedSolverName, fixedSolver } from './solver.ts'
import type { Tableau } from './tableau.ts'
import { timeGrid } from './time-grid.ts'

/** The velocity field. Must not change x; a new value each time, which the solver may release. */
export type Velocity<T> = (x: T, t: number) => T | Promise<T>

export interface SolverStep<T> {
  /** Steps done, from 1. */
  readonly step: number
  readonly t: number
  /** The state at t; where states are released, valid until the callback returns (or its promise resolves). */
  readonly x: T
  readonly nfe: number
}

export interface SpanOptions<T> {
  /** Start time. Default: 0. */
  readonly from?: number
  /** End time. Default: 1. */
  readonly to?: number
  /** How states combine; known for Float32Array and Float64Array, else required. */
  readonly space?: LinearSpace<T>
  readonly signal?: AbortSignal | undefined
  readonly onStep?: ((step: SolverStep<T>) => void | Promise<void>) | undefined
}

export interface SolveOptions<T> extends SpanOptions<T> {
  readonly solver: FixedSolverName | FixedSolver
  readonly steps: number
  /** The steps' times are (i / steps)^gridPower of the span, 0.1..10; above 1, steps are shorter near t = 0. Default: 1. */
  readonly gridPower?: number
}

export interface Solution<T> {
  /** The state at `to`. */
  readonly x: T
  /** Calls of the velocity function. */
  readonly nfe: number
  readonly steps: number
}

export const spanKeys = ['from', 'to', 'space', 'signal', 'onStep'] as const

/**
 * Integrates x0 from t = 0 to t = 1 in a given number of steps, equal ones unless `gridPower` says otherwise.
 *
 * @throws MixflowError ARGUMENT_INVALID for bad options; ABORTED within one evaluation after the signal. Errors of
 * `velocity` and `onStep` come through as they are.
 */
export async function solve<T>(velocity: Velocity<T>, x0: T, options: SolveOptions<T>): Promise<Solution<T>> {
  const keys = ['solver', 'steps', 'gridPower', ...spanKeys]
  checkKeys(options as unknown, keys, { what: 'solve', required: ['solver', 'steps'] })
  const { steps, signal, onStep, from = 0, to = 1, gridPower = 1 } = options
  const { tableau, lastStep = tableau, multistep = false } = fixedSolver(options.solver)
  const grid = timeGrid({ steps, from, to, power: gridPower })
  const space = options.space ?? spaceOf(x0)
  const held = new HeldStates(space)
  let nfe = 0
  const evaluate = async (x: T, t: number) => {
    throwIfAborted(signal)
    nfe++
    return held.keep(await velocity(x, t))
  }

  let x = x0
  let past: Past<T> | undefined
  try {
    for (let i = 0; i < steps; i++) {
      const [t, next] = [grid[i]!, grid[i + 1]!]
      const h = next - t
      const method = i === steps - 1 ? lastStep : tableau
      const velocities = await stageVelocities(method, { x, t, h, space, held, evaluate })
      const terms = past === undefined ? scaled(method.weights, velocities, h) : extrapolated(velocities[0]!, past, h)
      const after = held.keep(await space.combine([{ factor: 1, of: x }, ...terms]))
      held.release(x, ...(past === undefined ? [] : [past.velocity]), ...(multistep ? [] : velocities))
      if (multistep) past = { velocity: velocities[0]!, h }
      x = after
      await onStep?.({ step: i + 1, t: next, x, nfe })
    }
    throwIfAborted(signal)
    held.releaseAllBut(x)
    return { x, nfe, steps }
  } catch (error) {
    held.releaseAllBut()
    throw error
  }
}

export interface StageInput<T> {
  readonly x: T
  readonly t: number
  readonly h: number
  readonly space: LinearSpace<T>
  readonly held: HeldStates<T>
  readonly evaluate: (x: T, t: number) => Promise<T>
  /** The velocity at (x, t), where it is known already. */
  readonly first?: T
}

/** The velocities of a step's stages, in order. */
export async function stageVelocities<T>(tableau: Tableau, input: StageInput<T>): Promise<readonly T[]> {
  const { x, t, h, space, held, evaluate } = input
  const velocities = [input.first ?? (await evaluate(x, t))]
  for (let i = 1; i < tableau.stages.length; i++) {
    const stage = held.keep(await space.combine([{ factor: 1, of: x }, ...scaled(tableau.stages[i]!, velocities, h)]))
    velocities.push(await evaluate(stage, t + tableau.nodes[i]! * h))
    held.release(stage)
  }
  return velocities
}

/** The velocity at the beginning of a step that is done, and the step's length. */
interface Past<T> {
  readonly velocity: T
  readonly h: number
}

/** h times the velocity at the middle of the step, on the line through the last two; steps may differ in length. */
function extrapolated<T>(velocity: T, past: Past<T>, h: number): LinearTerm<T>[] {
  const ahead = h / (2 * past.h)
  return scaled([1 + ahead, -ahead], [velocity, past.velocity], h)
}

/** h · factors, each with its velocity, without those that are 0. */
export function scaled<T>(factors: readonly number[], velocities: readonly T[], h: number): LinearTerm<T>[] {
  return factors.flatMap((factor, i) => (factor === 0 ? [] : [{ factor: factor * h, of: velocities[i]! }]))
}

/** The space of a plain array. */
export function spaceOf<T>(x: T): LinearSpace<T> {
  if (x instanceof Float32Array) return float32Space as unknown as LinearSpace<T>
  if (x instanceof Float64Array) return float64Space as unknown as LinearSpace<T>
  throw new MixflowError('ARGUMENT_INVALID', `no linear space is known for ${show(x)}`, {
    hint: 'give `space`: how states of this type are combined',
  })
}
