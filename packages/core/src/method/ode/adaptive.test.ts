import { describe, expect, it } from 'vitest'
import { MixflowError } from '../../errors.ts'
import { distance, reference } from '../../fixtures/reference.ts'
import { exactOdes } from '../../testing/exact-odes.ts'
import { solveAdaptive } from './adaptive.ts'

interface AdaptiveCase {
  readonly name: string
  readonly nfe: number
  readonly accepted_times?: readonly number[]
  readonly rejected_steps?: number
  readonly only_row?: number
}

const numbers = reference<{ adaptive: readonly AdaptiveCase[] }>('solvers')
const field = (x: number, t: number) => Math.sin(3 * x) * (1 - t) + 0.5 * Math.cos(2 * Math.PI * t) * x - 0.3 * x ** 3
const field64 = (x: Float64Array, t: number) => x.map(value => field(value, t))
/** The field as a float32 network would give it: t, x and the result rounded. */
const field32 = (x: Float64Array, t: number) =>
  Float64Array.from(Float32Array.from(x).map(value => field(value, Math.fround(t))))

const reasonOf = async (run: () => Promise<unknown>) => {
  try {
    await run()
  } catch (error) {
    return MixflowError.is(error) ? (error.details.reason ?? error.code) : error
  }
  return undefined
}

describe.skipIf(numbers === undefined)('solveAdaptive against SciPy’s RK45', () => {
  if (numbers === undefined) return
  const { json, float32, float64 } = numbers
  const x0 = Float64Array.from(float32('x0'))
  const find = (name: string) => json.adaptive.find(c => c.name === name)!

  it('takes the same steps as SciPy', async () => {
    const c = find('scipy_rk45_f64')
    const solution = await solveAdaptive(field64, x0)
    expect(solution.nfe).toBe(c.nfe)
    expect(solution.rejected).toBe(c.rejected_steps)
    expect(distance(solution.times, c.accepted_times!)).toBeLessThan(1e-9)
    expect(distance(solution.x, float64('adaptive.scipy_rk45_f64'))).toBeLessThan(1e-10)
  })

  it('also where the field is a float32 network, as in the paper', async () => {
    const c = find('scipy_rk45_f32field')
    const solution = await solveAdaptive(field32, x0)
    expect(solution.nfe).toBe(c.nfe)
    expect(distance(solution.times, c.accepted_times!)).toBeLessThan(2e-3)
    expect(distance(solution.x, float64('adaptive.scipy_rk45_f32field'))).toBeLessThan(2e-6)
  })

  it('and where the state is float32 too', async () => {
    const solution = await solveAdaptive<Float32Array>((x, t) => x.map(value => field(value, t)), float32('x0'))
    expect(solution.nfe).toBe(find('reference_rk45_scipy.1.f32').nfe)
    expect(distance(solution.x, float32('adaptive.reference_rk45_scipy.1.f32'))).toBeLessThan(2e-5)
  })

  it.each([0, 1, 2, 3])('image %s by itself, with its own steps', async row => {
    const c = find(`scipy_rk45_f64.sample${row}`)
    const solution = await solveAdaptive(field64, x0.slice(8 * row, 8 * row + 8))
    expect(solution.nfe).toBe(c.nfe)
    expect(distance(solution.x, float64(`adaptive.${c.name}`))).toBeLessThan(1e-10)
  })

  it('agrees with other controllers as far as the tolerance reaches', async () => {
    const { x } = await solveAdaptive(field64, x0)
    expect(distance(x, float64('adaptive.reference_dopri5_torchdiffeq.1.f64'))).toBeLessThan(1e-3)
    expect(distance(x, float64('exact_f64'))).toBeLessThan(2e-4)
  })
})

describe('solveAdaptive', () => {
  const x0 = Float64Array.of(0.5, -0.8, 1.3, 0.2)

  it.each(exactOdes.map(ode => [ode.name, ode] as const))('%s: errors follow the tolerance', async (_, ode) => {
    const errors: number[] = []
    for (const tolerance of [1e-4, 1e-6, 1e-8]) {
      const { x, nfe, steps, rejected } = await solveAdaptive(ode.velocity, x0, { rtol: tolerance, atol: tolerance })
      errors.push(distance(x, ode.solution(x0, 1)))
      expect(errors.at(-1)).toBeLessThan(50 * tolerance)
      expect(nfe).toBe(2 + 6 * (steps + rejected))
    }
    expect(errors[2]! / errors[0]!).toBeLessThan(1e-2)
  })

  it('goes back in time', async () => {
    for (const { velocity, solution } of exactOdes) {
      const { x, times } = await solveAdaptive(velocity, solution(x0, 1), { from: 1, to: 0, rtol: 1e-8, atol: 1e-8 })
      expect(distance(x, x0)).toBeLessThan(1e-5)
      expect([times[0], times.at(-1)]).toEqual([1, 0])
    }
  })

  it('rejects and repeats steps where the field turns sharply', async () => {
    const kink = (x: Float64Array, t: number) => x.map(() => (t < 0.51234 ? 1 : -50))
    const { x, rejected } = await solveAdaptive(kink, Float64Array.of(0))
    expect(rejected).toBeGreaterThan(3)
    expect(Math.abs(x[0]! - (0.51234 - 50 * (1 - 0.51234)))).toBeLessThan(1e-3)
  })

  it('ends on fields that do nothing, or start from nothing', async () => {
    expect((await solveAdaptive(x => x.map(() => 0), x0)).x).toEqual(x0)
    const { x } = await solveAdaptive(x => x.map(() => 1), new Float64Array(3))
    expect(distance(x, [1, 1, 1])).toBeLessThan(1e-12)
  })

  it('never hangs', async () => {
    const failing = (velocity: (x: Float64Array, t: number) => Float64Array, maxNfe = 2000) =>
      reasonOf(() => solveAdaptive(velocity, Float64Array.of(1), { maxNfe }))
    expect(await failing(x => x.map(() => Number.NaN))).toBe('not-finite')
    expect(await failing(x => x.map(() => Number.POSITIVE_INFINITY))).toBe('not-finite')
    expect(await failing((x, t) => x.map(() => (t > 0.5 ? Number.NaN : 1)))).toBe('not-finite')
    // x² from 1.5 escapes to infinity at t = 2/3.
    const blowUp = await failing(x => x.map(value => 1.5 * value * value))
    expect(['step-too-small', 'not-finite', 'too-many-evaluations']).toContain(blowUp)
    let calls = 0
    const noise = (x: Float64Array) => x.map(() => (calls++ % 2 ? 1e6 : -1e6))
    expect(['step-too-small', 'too-many-evaluations']).toContain(await failing(noise))
    expect(calls).toBeLessThanOrEqual(2000)
  })

  it('aborts within one evaluation', async () => {
    const controller = new AbortController()
    let calls = 0
    const velocity = (x: Float64Array) => {
      if (++calls === 5) controller.abort()
      return x.map(value => -value)
    }
    expect(await reasonOf(() => solveAdaptive(velocity, x0, { signal: controller.signal }))).toBe('ABORTED')
    expect(calls).toBe(5)
  })

  it('refuses bad options', async () => {
    const wrong: Record<string, unknown>[] = [
      { rtol: 0 },
      { rtol: Number.NaN },
      { atol: -1 },
      { maxNfe: 1 },
      { solver: 'heun' },
      { tol: 1 },
      { from: 1, to: 1 },
    ]
    for (const options of wrong) {
      expect(await reasonOf(() => solveAdaptive(x => x, x0, options as never))).toBe('ARGUMENT_INVALID')
    }
  })
})
