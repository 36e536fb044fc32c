/**
 * Solvers on a given velocity field: fixed steps in single and double precision, step-size control as SciPy does it, and
 * curvature. The field is the formula in the JSON. What other controllers give is compared as far as their tolerance
 * reaches, and their number of evaluations, which is theirs, is not.
 */

import { curvature, type FixedSolverName, nfeOf, type SolverStep, solve, solveAdaptive } from '@mixflow/core'
import { z } from 'zod'
import {
  declaredTensors,
  type Fixture,
  invalid,
  known,
  parsed,
  prose,
  remarks,
  type TensorFile,
  tensorsOf,
} from '../fixture.ts'
import { formula } from '../formula.ts'
import { type Report, tolerances } from '../report.ts'

const count = z.number().int().min(0)

const fixedStep = z.strictObject({
  ...{ method: z.string(), steps: count.min(1), nfe: count, tensor: z.string() },
  ...{ description: prose, float32_vs_float64: prose, error_vs_exact: z.number().optional() },
})

const adaptive = z.strictObject({
  ...{ name: z.string(), what: z.string(), nfe: count },
  ...{ accepted_times: z.array(z.number()).optional(), accepted_steps: count.optional() },
  ...{ rejected_steps: count.optional(), only_row: count.optional(), error_vs_exact: z.number().optional() },
})

const curvatureOfSteps = z.strictObject({
  ...{ per_sample_reference_float32: z.array(z.number()), per_sample_float64: z.array(z.number()) },
  ...{ mean: z.number(), std_population: z.number(), nfe: count },
})

const schema = z.strictObject({
  ...{ ...remarks, group: z.literal('solvers') },
  field: z.string(),
  time_grid: z.string().startsWith('n equal steps').optional(),
  fixed_step: z.array(fixedStep).default([]),
  nfe_rules: z.record(z.string(), z.string()).default({}),
  adaptive: z.array(adaptive).default([]),
  adaptive_notes: prose,
  curvature: z.object({ definition: prose }).catchall(curvatureOfSteps).default({}),
  tensors: declaredTensors.optional(),
})

/** The reference's names of our solvers. */
const ours = {
  ...{ euler: 'euler', midpoint: 'midpoint', heun: 'heun-full', manual_heun: 'heun' },
} as const satisfies Record<string, FixedSolverName>

type State = Float32Array | Float64Array

interface Given {
  readonly file: string
  readonly tensors: TensorFile
  readonly report: Report
  /** Elementwise, rounded as the state is. */
  readonly field: <T extends State>(x: T, t: number) => T
  readonly dimensions: number
}

export async function checkSolvers(fixture: Fixture, report: Report): Promise<void> {
  const json = parsed(fixture, schema)
  const { file } = fixture
  const tensors = tensorsOf(fixture, json.tensors)
  const { field, shape } = fieldOf(json.field, file)
  if (tensors.shape('x0').join() !== shape.join())
    throw invalid(file, `x0 is not [${shape.join(', ')}], as the field says`)
  const dimensions = shape.slice(1).reduce((product, edge) => product * edge, 1)
  const given = { file, tensors, report, field, dimensions }
  for (const one of json.fixed_step) await checkFixed(given, one)
  for (const [method, rule] of Object.entries(json.nfe_rules)) checkRule(given, method, rule)
  for (const one of json.adaptive) await checkAdaptive(given, one, json.adaptive)
  const { definition, ...byPrecision } = json.curvature
  for (const [steps, one] of Object.entries(byPrecision)) await checkCurvature(given, steps, one as never)
  if (tensors.has('exact_f64')) await checkExact(given)
  tensors.listUnread(report, 'no case in the JSON names it')
}

function fieldOf(text: string, file: string) {
  const match = /^v\(x, ?t\) = ([^,;]+), elementwise; x0 is \[([\d, ]+)\]; t from 0 to 1$/.exec(text)
  if (match === null) {
    const form = '"v(x,t) = …, elementwise; x0 is […]; t from 0 to 1"'
    throw invalid(file, `the field "${text}" is not understood`, `it should be of the form ${form}`)
  }
  const v = formula(match[1] as string, ['x', 't'])
  return {
    field: <T extends State>(x: T, t: number): T => x.map(value => v({ x: value, t })) as T,
    shape: (match[2] as string).split(',').map(Number),
  }
}

async function checkFixed(given: Given, c: z.infer<typeof fixedStep>): Promise<void> {
  const { tensors, report, field, file } = given
  const subject = `${c.method} ${c.steps}`
  const solver = ours[known(c.method, Object.keys(ours) as (keyof typeof ours)[], { file, what: 'method' })]
  const options = { solver, steps: c.steps }
  const states: Float32Array[] = [tensors.float32('x0')]
  const onStep = ({ x }: SolverStep<Float32Array>) => void states.push(x.slice())
  const single = await solve<Float32Array>(field, tensors.float32('x0'), { ...options, onStep })
  report.compare(subject, 'evaluations', { found: single.nfe, expected: c.nfe, tolerance: tolerances.exact })
  const expected = tensors.float32(c.tensor)
  report.compare(subject, 'x(1), float32', { found: single.x, expected, tolerance: tolerances.output })
  const trajectory = c.tensor.replace(/final$/, 'trajectory')
  if (trajectory !== c.tensor && tensors.has(trajectory)) {
    const found = states.flatMap(x => [...x])
    report.compare(subject, 'trajectory', {
      found,
      expected: tensors.float32(trajectory),
      tolerance: tolerances.output,
    })
  }
  const precise = `${c.tensor}_f64`
  if (!tensors.has(precise)) return
  const { x } = await solve<Float64Array>(field, tensors.float64('x0'), options)
  report.compare(subject, 'x(1), float64', {
    found: x,
    expected: tensors.float64(precise),
    tolerance: tolerances.double,
  })
  compareError(given, { subject, x, expected: c.error_vs_exact, tolerance: { absolute: 1e-6 } })
}

function checkRule({ report, file }: Given, method: string, rule: string): void {
  const solver = ours[known(method, Object.keys(ours) as (keyof typeof ours)[], { file, what: 'method' })]
  const evaluations = formula(rule, ['n'])
  const steps = Array.from({ length: 20 }, (_, i) => i + 1)
  const expected = steps.map(n => evaluations({ n }))
  const found = steps.map(n => nfeOf(solver, n))
  report.compare(method, `evaluations of 1 to 20 steps: ${rule}`, { found, expected, tolerance: tolerances.exact })
}

async function checkAdaptive(given: Given, c: z.infer<typeof adaptive>, all: readonly z.infer<typeof adaptive>[]) {
  const { tensors, report, field, file, dimensions } = given
  const words = `${c.name} ${c.what}`
  const theirs = /torchdiffeq|use_scipy=False/.test(words)
  if (!theirs && !/scipy/.test(words)) throw invalid(file, `adaptive "${c.name}" does not say whose step control it is`)
  const tensor = `adaptive.${c.name}`
  const tolerance = toleranceOf(c, all, file)
  const options = { rtol: tolerance, atol: tolerance }
  const start = <T extends State>(x0: T) =>
    (c.only_row === undefined ? x0 : x0.slice(dimensions * c.only_row, dimensions * (c.only_row + 1))) as T
  const rounds = /f32field|field evaluated in float32/.test(words)
  const isSingle = tensors.dtype(tensor) === 'F32'
  const states: number[][] = [[...start(tensors.float64('x0'))]]
  const onStep = ({ x }: { readonly x: State }) => void states.push([...x])
  const rounded = (x: Float64Array, t: number) => Float64Array.from(field(Float32Array.from(x), Math.fround(t)))
  const solution = isSingle
    ? await solveAdaptive<Float32Array>(field, start(tensors.float32('x0')), { ...options, onStep })
    : await solveAdaptive<Float64Array>(rounds ? rounded : field, start(tensors.float64('x0')), { ...options, onStep })

  const expected = tensors.float64(tensor)
  if (theirs) {
    const reach = { absolute: Math.max(100 * tolerance, 4 * (c.error_vs_exact ?? 0)) }
    report.compare(c.name, 'x(1), as far as the tolerance reaches', { found: solution.x, expected, tolerance: reach })
    report.skip(c.name, 'evaluations', 'the step control is torchdiffeq’s, ours is SciPy’s')
    return
  }
  // single precision moves the steps a little, and with them all else
  const close = isSingle || rounds ? tolerances.output : { absolute: 1e-9 }
  report.compare(c.name, 'x(1)', { found: solution.x, expected, tolerance: close })
  const exactly = (quantity: string, found: number, wanted: number | undefined) => {
    if (wanted !== undefined) report.compare(c.name, quantity, { found, expected: wanted, tolerance: tolerances.exact })
  }
  exactly('evaluations', solution.nfe, c.nfe)
  exactly('accepted steps', solution.steps, c.accepted_steps)
  exactly('rejected steps', solution.rejected, c.rejected_steps)
  if (c.accepted_times !== undefined) {
    const times = isSingle || rounds ? { absolute: 2e-3 } : { absolute: 1e-8 }
    report.compare(c.name, 'accepted times', { found: solution.times, expected: c.accepted_times, tolerance: times })
  }
  if (tensors.has(`${tensor}.trajectory`)) {
    const trajectory = tensors.float64(`${tensor}.trajectory`)
    report.compare(c.name, 'trajectory', { found: states.flat(), expected: trajectory, tolerance: close })
  }
  if (c.only_row === undefined) {
    const expectedError = c.error_vs_exact
    compareError(given, { subject: c.name, x: solution.x, expected: expectedError, tolerance: tolerances.output })
  }
}

/** As the case says, or the one that it is a part of, or all others together. */
function toleranceOf(c: z.infer<typeof adaptive>, all: readonly z.infer<typeof adaptive>[], file: string): number {
  const of = ({ what }: z.infer<typeof adaptive>) => /rtol=atol=(\d[\d.]*(?:e-?\d+)?)/.exec(what)?.[1]
  const whole = all.find(({ name }) => name !== c.name && c.name.startsWith(`${name}.`))
  const others = [...new Set(all.map(of).filter(text => text !== undefined))]
  const text = of(c) ?? (whole && of(whole)) ?? (others.length === 1 ? others[0] : undefined)
  if (text !== undefined) return Number(text)
  throw invalid(file, `adaptive "${c.name}" does not say its tolerance`, 'its "what" should have "rtol=atol=…"')
}

interface ErrorToCompare {
  readonly subject: string
  readonly x: State
  readonly expected: number | undefined
  readonly tolerance: { readonly absolute: number }
}

function compareError({ tensors, report }: Given, { subject, x, expected, tolerance }: ErrorToCompare): void {
  if (expected === undefined || !tensors.has('exact_f64')) return
  const exact = tensors.float64('exact_f64')
  const found = exact.reduce((most, value, i) => Math.max(most, Math.abs(value - (x[i] as number))), 0)
  report.compare(subject, 'error against the exact solution', { found, expected, tolerance })
}

async function checkCurvature(given: Given, steps: string, c: z.infer<typeof curvatureOfSteps>): Promise<void> {
  const { tensors, report, field, dimensions, file } = given
  const subject = `curvature ${steps}`
  if (!/^[1-9]\d*$/.test(steps)) throw invalid(file, `curvature: "${steps}" is no number of steps`)
  const options = { elementsPerImage: dimensions, steps: Number(steps) }
  const { perImage, mean, standardDeviation, nfe } = await curvature(field, tensors.float32('x0'), options)
  const compare = (quantity: string, found: number | Float64Array, expected: number | ArrayLike<number>) =>
    report.compare(subject, quantity, { found, expected, tolerance: tolerances.output })
  compare('of each image', perImage, c.per_sample_reference_float32)
  compare('of each image, against float64', perImage, c.per_sample_float64)
  compare('mean', mean, c.mean)
  compare('standard deviation', standardDeviation, c.std_population)
  report.compare(subject, 'evaluations', { found: nfe, expected: c.nfe, tolerance: tolerances.exact })
  for (const name of [`curvature.${steps}`, `curvature.${steps}.f64`]) {
    if (tensors.has(name)) compare(`tensor ${name}`, perImage, tensors.float64(name))
  }
}

async function checkExact({ tensors, report, field }: Given): Promise<void> {
  const { x } = await solveAdaptive<Float64Array>(field, tensors.float64('x0'), { rtol: 1e-11, atol: 1e-11 })
  const expected = tensors.float64('exact_f64')
  report.compare('exact solution', 'x(1), dopri5 at 1e-11', { found: x, expected, tolerance: { absolute: 1e-8 } })
}
