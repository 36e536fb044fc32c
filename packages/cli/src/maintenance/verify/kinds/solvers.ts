/**
 * Solvers on a velocity field, which the JSON gives as a formula: fixed steps in single and double precision, adaptive steps with SciPy's
 * step control, and curvature. Results of other step controls are compared within their tolerance, without their number of evaluations.
 */

import { curvature, type FixedSolverName, nfeOf, type SolverStep, solve, solveAdaptive } from '@mixflow/core'
import { z } from 'zod'
import * as f from '../fields.ts'
import type { Context, Fixture } from '../fixture.ts'
import { formula } from '../formula.ts'
import { type Tolerance, tolerances } from '../report.ts'

const { exact, double } = tolerances

const fixedStep = f.strict(
  { method: z.string(), steps: f.size, nfe: f.count, tensor: z.string(), error_vs_exact: f.number.optional() },
  'description float32_vs_float64',
)
type FixedStep = z.infer<typeof fixedStep>

const adaptive = f.strict({
  ...f.each(z.string(), 'name what'),
  ...f.each(f.count.optional(), 'accepted_steps rejected_steps only_row'),
  nfe: f.count,
  accepted_times: z.array(f.number).optional(),
  error_vs_exact: f.number.optional(),
})
type Adaptive = z.infer<typeof adaptive>

const curvatureOfSteps = f.strict({
  ...f.each(z.array(f.number), 'per_sample_reference_float32 per_sample_float64'),
  ...f.each(f.number, 'mean std_population'),
  nfe: f.count,
})

const schema = f.fixture(
  {
    field: z.string(),
    time_grid: z.string().startsWith('n equal steps').optional(),
    fixed_step: z.array(fixedStep).default([]),
    nfe_rules: z.record(z.string(), z.string()).default({}),
    adaptive: z.array(adaptive).default([]),
    curvature: z.record(z.string(), z.unknown()).default({}),
    tensors: f.tensors.optional(),
  },
  'adaptive_notes',
)

/** The reference's names. */
const solverNames = {
  euler: 'euler',
  midpoint: 'midpoint',
  heun: 'heun-full',
  manual_heun: 'heun',
} as const satisfies Record<string, FixedSolverName>
type SolverName = keyof typeof solverNames

type State = Float32Array | Float64Array

interface Solving extends Context {
  /** Elementwise, in the precision of x. */
  readonly field: <T extends State>(x: T, t: number) => T
  readonly dimensions: number
}

export async function checkSolvers(fixture: Fixture): Promise<void> {
  const json = fixture.parse(schema)
  const tensors = fixture.tensors(json.tensors)
  const { field, shape } = fieldOf(json.field, fixture)
  if (tensors.shape('x0').join() !== shape.join()) {
    throw fixture.invalid(`x0 is not [${shape.join(', ')}], as the field says`)
  }
  const dimensions = shape.slice(1).reduce((product, edge) => product * edge, 1)
  const context: Solving = { fixture, tensors, field, dimensions }
  for (const c of json.fixed_step) await checkFixed(context, c)
  for (const [method, rule] of Object.entries(json.nfe_rules)) {
    const evaluations = formula(rule, ['n'])
    const steps = Array.from({ length: 20 }, (_, i) => i + 1)
    const found = steps.map(n => nfeOf(solverOf(context, method), n))
    const expected = steps.map(n => evaluations({ n }))
    fixture.report.case(method)(`evaluations of 1 to 20 steps: ${rule}`, found, expected, exact)
  }
  for (const c of json.adaptive) await checkAdaptive(context, c, json.adaptive)
  for (const steps of Object.keys(json.curvature)) {
    if (steps !== 'definition') await checkCurvature(context, steps, json.curvature[steps])
  }
  if (tensors.has('exact_f64')) {
    const { x } = await solveAdaptive<Float64Array>(field, tensors.float64('x0'), { rtol: 1e-11, atol: 1e-11 })
    const compare = fixture.report.case('exact solution')
    compare('x(1), dopri5 at 1e-11', x, tensors.float64('exact_f64'), { absolute: 1e-8 })
  }
  tensors.reportUnread(fixture, 'no case in the JSON refers to it')
}

function fieldOf(text: string, fixture: Fixture) {
  const [, velocity, shape] =
    /^v\(x, ?t\) = ([^,;]+), elementwise; x0 is \[([\d, ]+)\]; t from 0 to 1$/.exec(text) ?? []
  if (velocity === undefined || shape === undefined) {
    const form = '"v(x,t) = …, elementwise; x0 is […]; t from 0 to 1"'
    throw fixture.invalid(`cannot parse the field "${text}"`, `expected the form ${form}`)
  }
  const v = formula(velocity, ['x', 't'])
  return {
    field: <T extends State>(x: T, t: number): T => x.map(value => v({ x: value, t })) as T,
    shape: shape.split(',').map(Number),
  }
}

const solverOf = ({ fixture }: Context, method: string): FixedSolverName =>
  solverNames[fixture.known(method, Object.keys(solverNames) as SolverName[], 'method')]

async function checkFixed(context: Solving, c: FixedStep): Promise<void> {
  const { tensors, fixture, field } = context
  const compare = fixture.report.case(`${c.method} ${c.steps}`)
  const options = { solver: solverOf(context, c.method), steps: c.steps }
  const states: Float32Array[] = [tensors.float32('x0')]
  const onStep = ({ x }: SolverStep<Float32Array>) => void states.push(x.slice())
  const single = await solve<Float32Array>(field, tensors.float32('x0'), { ...options, onStep })
  compare('evaluations', single.nfe, c.nfe, exact)
  compare('x(1), float32', single.x, tensors.float32(c.tensor))
  const trajectory = c.tensor.replace(/final$/, 'trajectory')
  if (trajectory !== c.tensor)
    compare(
      'trajectory',
      states.flatMap(x => [...x]),
      tensors.optional(trajectory),
    )
  const precise = tensors.optional(`${c.tensor}_f64`)
  if (precise === undefined) return
  const { x } = await solve<Float64Array>(field, tensors.float64('x0'), options)
  compare('x(1), float64', x, precise, double)
  compare(...errorOf(context, x, c.error_vs_exact), { absolute: 1e-6 })
}

async function checkAdaptive(context: Solving, c: Adaptive, all: readonly Adaptive[]): Promise<void> {
  const { tensors, field, fixture, dimensions } = context
  const text = `${c.name} ${c.what}`
  const isOther = /torchdiffeq|use_scipy=False/.test(text)
  if (!isOther && !/scipy/.test(text)) throw fixture.invalid(`adaptive "${c.name}" does not name its step control`)
  const tensor = `adaptive.${c.name}`
  const tolerance = toleranceOf(c, all, fixture)
  const row = c.only_row
  const start = <T extends State>(x0: T) =>
    (row === undefined ? x0 : x0.slice(dimensions * row, dimensions * (row + 1))) as T
  const rounds = /f32field|field evaluated in float32/.test(text)
  const isSingle = tensors.dtype(tensor) === 'F32'
  const states: number[][] = [[...start(tensors.float64('x0'))]]
  const onStep = ({ x }: { readonly x: State }) => void states.push([...x])
  const options = { rtol: tolerance, atol: tolerance, onStep }
  const rounded = (x: Float64Array, t: number) => Float64Array.from(field(Float32Array.from(x), Math.fround(t)))
  const solution = isSingle
    ? await solveAdaptive<Float32Array>(field, start(tensors.float32('x0')), options)
    : await solveAdaptive<Float64Array>(rounds ? rounded : field, start(tensors.float64('x0')), options)

  const compare = fixture.report.case(c.name)
  const expected = tensors.float64(tensor)
  if (isOther) {
    const reach = { absolute: Math.max(100 * tolerance, 4 * (c.error_vs_exact ?? 0)) }
    compare('x(1), as far as the tolerance reaches', solution.x, expected, reach)
    return fixture.report.skip(c.name, 'evaluations', 'the step control is torchdiffeq’s, ours is SciPy’s')
  }
  // single precision shifts the steps slightly
  const close: Tolerance = isSingle || rounds ? tolerances.output : { absolute: 1e-9 }
  compare('x(1)', solution.x, expected, close)
  compare('evaluations', solution.nfe, c.nfe, exact)
  compare('accepted steps', solution.steps, c.accepted_steps, exact)
  compare('rejected steps', solution.rejected, c.rejected_steps, exact)
  compare('accepted times', solution.times, c.accepted_times, { absolute: isSingle || rounds ? 2e-3 : 1e-8 })
  compare('trajectory', states.flat(), tensors.optional(`${tensor}.trajectory`), close)
  if (row === undefined) compare(...errorOf(context, solution.x, c.error_vs_exact))
}

/** From the case itself, from the case that it is part of, or the one tolerance that all cases share. */
function toleranceOf(c: Adaptive, all: readonly Adaptive[], fixture: Fixture): number {
  const of = ({ what }: Adaptive) => /rtol=atol=(\d[\d.]*(?:e-?\d+)?)/.exec(what)?.[1]
  const whole = all.find(({ name }) => name !== c.name && c.name.startsWith(`${name}.`))
  const others = [...new Set(all.map(of).filter(text => text !== undefined))]
  const text = of(c) ?? (whole && of(whole)) ?? (others.length === 1 ? others[0] : undefined)
  if (text !== undefined) return Number(text)
  throw fixture.invalid(`adaptive "${c.name}" has no tolerance`, 'its "what" should contain "rtol=atol=…"')
}

/** Arguments for `compare`: the largest error against the exact solution. */
function errorOf({ tensors }: Context, x: State, expected: number | undefined) {
  const solution = tensors.optional('exact_f64')
  const found = solution?.reduce((most, value, i) => Math.max(most, Math.abs(value - x[i]!)), 0) ?? 0
  return ['error against the exact solution', found, solution && expected] as const
}

async function checkCurvature(context: Solving, steps: string, json: unknown): Promise<void> {
  const { tensors, field, dimensions, fixture } = context
  if (!/^[1-9]\d*$/.test(steps)) throw fixture.invalid(`curvature: "${steps}" is not a number of steps`)
  const c = fixture.part(`curvature ${steps}`, json).parse(curvatureOfSteps)
  const options = { elementsPerImage: dimensions, steps: Number(steps) }
  const { perImage, mean, standardDeviation, nfe } = await curvature(field, tensors.float32('x0'), options)
  const compare = fixture.report.case(`curvature ${steps}`)
  compare('of each image', perImage, c.per_sample_reference_float32)
  compare('of each image, against float64', perImage, c.per_sample_float64)
  compare('mean', mean, c.mean)
  compare('standard deviation', standardDeviation, c.std_population)
  compare('evaluations', nfe, c.nfe, exact)
  for (const name of [`curvature.${steps}`, `curvature.${steps}.f64`]) {
    compare(`tensor ${name}`, perImage, tensors.optional(name))
  }
}
