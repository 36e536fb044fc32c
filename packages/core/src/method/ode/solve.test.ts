import { describe, expect, it } from 'vitest'
import { MixflowError } from '../../errors.ts'
import { distance, reference } from '../../fixtures/reference.ts'
import { exactOdes } from '../../testing/exact-odes.ts'
import { float32Space, type LinearSpace } from '../linear-space.ts'
import { solveAdaptive } from './adaptive.ts'
import { type SolverStep, solve } from './solve.ts'
import {
  type FixedSolverName,
  fixedSolvers,
  isAdaptive,
  nfeOf,
  type SolverName,
  solverNames,
  stepsOf,
} from './solver.ts'
import { timeGrid } from './time-grid.ts'

interface SolverReference {
  readonly fixed_step: readonly { method: string; steps: number; nfe: number; tensor: string }[]
}

const numbers = reference<SolverReference>('solvers')
const referenceField = (x: number, t: number) =>
  Math.sin(3 * x) * (1 - t) + 0.5 * Math.cos(2 * Math.PI * t) * x - 0.3 * x ** 3
/** The reference's names of our solvers. */
const ours: Record<string, FixedSolverName> = {
  euler: 'euler',
  midpoint: 'midpoint',
  heun: 'heun-full',
  manual_heun: 'heun',
}

const codeOf = async (run: () => unknown) => {
  try {
    await run()
  } catch (error) {
    return MixflowError.is(error) ? error.code : error
  }
  return undefined
}

describe.skipIf(numbers === undefined)('solve against the reference implementation', () => {
  if (numbers === undefined) return
  const { json, float32, float64 } = numbers

  it('covers all cases', () => expect(json.fixed_step).toHaveLength(20))

  it.each(json.fixed_step.map(c => [`${c.method} ${c.steps}`, c] as const))('%s', async (_, c) => {
    const options = { solver: ours[c.method]!, steps: c.steps }
    const x0 = float32('x0')
    const single = await solve<Float32Array>((x, t) => x.map(value => referenceField(value, t)), x0, options)
    expect(single.nfe).toBe(c.nfe)
    expect(distance(single.x, float32(c.tensor))).toBeLessThan(2e-6)
    const double = await solve<Float64Array>(
      (x, t) => x.map(value => referenceField(value, t)),
      Float64Array.from(x0),
      options,
    )
    expect(distance(double.x, float64(`${c.tensor}_f64`))).toBeLessThan(1e-13)
  })

  it.each(Object.keys(ours))('the trajectory of %s', async method => {
    const states = [float32('x0')]
    const keep = ({ x }: SolverStep<Float32Array>) => void states.push(x)
    const field = (x: Float32Array, t: number) => x.map(value => referenceField(value, t))
    await solve(field, states[0]!, { solver: ours[method]!, steps: 5, onStep: keep })
    expect(
      distance(
        states.flatMap(x => [...x]),
        float32(`${method}.5.trajectory`),
      ),
    ).toBeLessThan(2e-6)
  })
})

describe('steps and evaluations', () => {
  it('follow the rules of the paper’s tables', () => {
    expect([stepsOf('heun', 5), stepsOf('heun', 9), stepsOf('heun', 1)]).toEqual([3, 5, 1])
    expect([nfeOf('euler', 7), nfeOf('heun-full', 3), nfeOf('midpoint', 3), nfeOf('rk4', 2)]).toEqual([7, 6, 6, 8])
  })

  it.each(Object.keys(fixedSolvers) as FixedSolverName[])(
    'of %s invert each other, and are what is counted',
    async solver => {
      for (let steps = 1; steps <= 12; steps++) {
        const nfe = nfeOf(solver, steps)
        expect(stepsOf(solver, nfe)).toBe(steps)
        let calls = 0
        const field = (x: Float32Array) => {
          calls++
          return x.map(value => -value)
        }
        const solution = await solve(field, Float32Array.of(1), { solver, steps })
        expect([solution.nfe, calls, solution.steps]).toEqual([nfe, nfe, steps])
      }
    },
  )

  it('a number of evaluations that cannot be had is refused with the nearest that can', () => {
    const nearest = (solver: FixedSolverName, nfe: number) => {
      try {
        return stepsOf(solver, nfe)
      } catch (error) {
        return MixflowError.is(error) ? error.details.nearest : error
      }
    }
    expect(nearest('heun', 4)).toEqual([3, 5])
    expect(nearest('heun-full', 5)).toEqual([4, 6])
    expect(nearest('rk4', 2)).toEqual([4])
    expect(nearest('euler', 0)).toEqual([1])
    expect(nearest('heun', 2.5)).toEqual([1, 3])
    expect(nearest('heun', -7)).toEqual([1])
    expect(nearest('euler', Number.NaN)).toEqual([1])
    expect(() => stepsOf('heun', 4)).toThrow('heun cannot take exactly 4 evaluations')
  })
})

describe('solve', () => {
  const decay = (x: Float32Array) => x.map(value => -value)
  const x0 = Float32Array.of(1, 2)

  it('does not change x0, and reports each step', async () => {
    const seen: unknown[] = []
    const onStep = ({ step, t, nfe }: SolverStep<Float32Array>) => void seen.push({ step, t, nfe })
    const start = x0.slice()
    await solve(decay, start, { solver: 'heun', steps: 4, onStep })
    expect(start).toEqual(x0)
    expect(seen).toEqual([
      { step: 1, t: 0.25, nfe: 2 },
      { step: 2, t: 0.5, nfe: 4 },
      { step: 3, t: 0.75, nfe: 6 },
      { step: 4, t: 1, nfe: 7 },
    ])
  })

  it('goes back to where it came from', async () => {
    for (const { velocity } of exactOdes) {
      const start = Float64Array.of(0.5, -0.8, 1.3, 0.2)
      const there = await solve(velocity, start, { solver: 'rk4', steps: 100 })
      const back = await solve(velocity, there.x, { solver: 'rk4', steps: 100, from: 1, to: 0 })
      expect(distance(back.x, start)).toBeLessThan(1e-6)
    }
  })

  it('stops within one evaluation of an abort, with the reason as cause', async () => {
    const controller = new AbortController()
    let calls = 0
    const field = (x: Float32Array) => {
      if (++calls === 3) controller.abort('enough')
      return decay(x)
    }
    const run = solve(field, x0, { solver: 'euler', steps: 10, signal: controller.signal })
    await expect(run).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' })
    expect(calls).toBe(3)
    await expect(solve(field, x0, { solver: 'euler', steps: 1, signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    })
    expect(calls).toBe(3)
  })

  it('passes errors of the velocity and of onStep on', async () => {
    const broken = new Error('broken')
    const failing = () => {
      throw broken
    }
    await expect(solve(failing, x0, { solver: 'euler', steps: 2 })).rejects.toBe(broken)
    await expect(solve(decay, x0, { solver: 'euler', steps: 2, onStep: failing })).rejects.toBe(broken)
  })

  it('refuses bad options', async () => {
    const wrong: Record<string, unknown>[] = [
      { steps: 0, solver: 'euler' },
      { steps: 1.5, solver: 'euler' },
      { steps: 1e9, solver: 'euler' },
      { steps: 2, solver: 'dopri5' },
      { steps: 2, solver: 'huen' },
      { steps: 2 },
      { solver: 'euler' },
      { steps: 2, solver: 'euler', onstep: decay },
      { steps: 2, solver: 'euler', from: 1 },
      { steps: 2, solver: 'euler', to: Number.NaN },
      { steps: 2, solver: 'euler', gridPower: 0 },
      { steps: 2, solver: 'euler', gridPower: '2' },
    ]
    for (const options of wrong) {
      expect(await codeOf(() => solve(decay, x0, options as never))).toBe('ARGUMENT_INVALID')
    }
    expect(await codeOf(() => solve(x => x, 'x', { solver: 'euler', steps: 1 }))).toBe('ARGUMENT_INVALID')
    expect(await codeOf(() => solve(() => new Float32Array(3), x0, { solver: 'euler', steps: 1 }))).toBe(
      'ARGUMENT_INVALID',
    )
  })
})

describe('states on another device', () => {
  /** Answers later, and counts what is alive. */
  function counted() {
    const alive = new Set<Float32Array>()
    const made = (x: Float32Array) => {
      alive.add(x)
      return x
    }
    const space: LinearSpace<Float32Array> = {
      combine: async terms => {
        await Promise.resolve()
        for (const { of } of terms) expect(alive.has(of)).toBe(true)
        return made((await float32Space.combine(terms)) as Float32Array)
      },
      norm: async (x, scale) => {
        for (const state of [x, ...scale.at]) expect(alive.has(state)).toBe(true)
        return float32Space.norm(x, scale)
      },
      release: x => expect(alive.delete(x)).toBe(true),
    }
    const velocity = async (x: Float32Array) => {
      expect(alive.has(x)).toBe(true)
      return made(x.map(value => -30 * value))
    }
    return { alive, space, velocity, x0: made(Float32Array.of(1, 2)) }
  }

  interface Way {
    readonly velocity: (x: Float32Array, t: number) => Promise<Float32Array>
    readonly x0: Float32Array
    readonly space: LinearSpace<Float32Array>
  }
  const run = ({ velocity, x0, space }: Way, solver: SolverName) =>
    isAdaptive(solver)
      ? solveAdaptive(velocity, x0, { solver, space })
      : solve(velocity, x0, { solver, steps: 3, space })

  it.each(solverNames)('%s leaves x0 and the result alive, and nothing else', async name => {
    const { alive, space, velocity, x0 } = counted()
    const { x } = await run({ space, velocity, x0 }, name)
    expect(alive).toEqual(new Set([x0, x]))
  })

  it.each(solverNames)('%s leaves only x0 alive after an error', async name => {
    const { alive, space, velocity, x0 } = counted()
    let calls = 0
    const failing = async (x: Float32Array) => {
      if (++calls === 3) throw new Error('broken')
      return velocity(x)
    }
    await expect(run({ space, velocity: failing, x0 }, name)).rejects.toThrow('broken')
    expect(alive).toEqual(new Set([x0]))
  })
})

describe('ab2', () => {
  it('is exact for a velocity that changes evenly, once it has two of them, whatever the steps', async () => {
    const seen: number[][] = []
    const onStep = ({ t, x }: SolverStep<Float64Array>) => void seen.push([t, x[0]!])
    const field = (x: Float64Array, t: number) => x.map(() => 4 * t + 1)
    await solve(field, Float64Array.of(0), { solver: 'ab2', steps: 6, gridPower: 1.7, onStep })
    const exact = (t: number) => 2 * t * t + t
    const lost = seen[0]![1]! - exact(seen[0]![0]!) // by the first step, which is Euler's
    expect(Math.abs(lost)).toBeGreaterThan(1e-3)
    for (const [t, x] of seen) expect(x).toBeCloseTo(exact(t!) + lost, 12)
  })

  it('comes closer than Heun at as many evaluations', async () => {
    const x0 = Float64Array.of(0.5, -0.8, 1.3, 0.2)
    for (const { velocity, solution } of exactOdes) {
      const error = async (solver: FixedSolverName) =>
        distance((await solve(velocity, x0, { solver, steps: stepsOf(solver, 17) })).x, solution(x0, 1))
      expect(await error('ab2')).toBeLessThan(await error('heun'))
    }
  })
})

describe('timeGrid', () => {
  it('has equal steps and exact ends', () => {
    expect(timeGrid({ steps: 4 })).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(timeGrid({ steps: 2, from: 1, to: 0 })).toEqual([1, 0.5, 0])
    for (let steps = 1; steps < 50; steps++) expect(timeGrid({ steps, from: 0.1, to: 0.7 }).at(-1)).toBe(0.7)
  })

  it('with a power has shorter steps near the source, and the same times on the way back', () => {
    expect(timeGrid({ steps: 4, power: 2 })).toEqual([0, 1 / 16, 1 / 4, 9 / 16, 1])
    expect(timeGrid({ steps: 2, power: 2, from: 0.2, to: 0.6 })[1]).toBeCloseTo(0.3, 15)
    expect(timeGrid({ steps: 7, power: 1.3, from: 1, to: 0 })).toEqual(
      [...timeGrid({ steps: 7, power: 1.3 })].reverse(),
    )
  })
})
