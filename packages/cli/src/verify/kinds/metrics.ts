/**
 * Measures: Fréchet distance over given features or in closed form, Inception score of given logits, how images become
 * bytes, and the curvature of a given trajectory.
 */

import { curvature, fromBytes, toBytes } from '@mixflow/core'
import {
  frechetDistance,
  type Gaussian,
  gaussianOf,
  inceptionScore,
  mergeStatistics,
  statisticsOf,
} from '@mixflow/measure'
import { z } from 'zod'
import {
  declaredTensors,
  type Fixture,
  invalid,
  parsed,
  prose,
  remarks,
  type TensorFile,
  tensorsOf,
} from '../fixture.ts'
import { type Report, type Tolerance, tolerances } from '../report.ts'

const count = z.number().int().positive()

const frechetCase = z.strictObject({
  ...{
    name: z.string(),
    what: z.string().optional(),
    n1: count.optional(),
    n2: count.optional(),
    dim: count.optional(),
  },
  ...{ frechet_distance: z.number(), symmetric_route: z.number().optional(), mean_term: z.number() },
  ...{ trace_s1: z.number(), trace_s2: z.number(), torchmetrics: prose, scipy_sqrtm: prose, sqrtm_max_imag: prose },
  /** Least and greatest eigenvalue. */
  ...{ eig1: z.tuple([z.number(), z.number()]).optional(), eig2: z.tuple([z.number(), z.number()]).optional() },
})

const scoreCase = z.strictObject({
  ...{ name: z.string(), what: prose, logits: z.string(), permutation: z.string().nullish(), splits: count },
  ...{ mean: z.number(), std_unbiased: z.number().nullable(), scores: z.array(z.number()) },
  ...{ chunk_sizes: z.array(count).optional(), torchmetrics_mean_float32: prose, torchmetrics_std_float32: prose },
})

const schema = z.strictObject({
  ...{ ...remarks, group: z.literal('metrics') },
  frechet: z
    .strictObject({
      ...{ definition: prose, cases: z.array(frechetCase), reference_cache: prose },
      batched: z.strictObject({ what: prose, parts: z.array(count) }).optional(),
    })
    .optional(),
  inception_score: z.strictObject({ definition: prose, cases: z.array(scoreCase) }).optional(),
  eight_bit: z
    .strictObject({ what: prose, pixel_values_changed: z.array(z.number()), max_change: z.number() })
    .optional(),
  curvature: z
    .strictObject({ definition: prose, per_sample: z.array(z.number()), straight_line_max: prose })
    .optional(),
  tensors: declaredTensors.optional(),
})
type Json = z.infer<typeof schema>

interface Given {
  readonly file: string
  readonly tensors: TensorFile
  readonly report: Report
}

export async function checkMetrics(fixture: Fixture, report: Report): Promise<void> {
  const json = parsed(fixture, schema)
  const tensors = tensorsOf(fixture, json.tensors)
  const given = { file: fixture.file, tensors, report }
  for (const c of json.frechet?.cases ?? []) checkFrechet(given, c)
  if (json.frechet?.batched !== undefined) checkBatched(given, json.frechet.batched.parts)
  for (const c of json.inception_score?.cases ?? []) checkScore(given, c)
  if (json.eight_bit !== undefined) checkBytes(given, json.eight_bit)
  if (json.curvature !== undefined) await checkCurvature(given, json.curvature.per_sample)
  if (json.frechet?.reference_cache !== undefined) {
    report.skip('frechet', 'reference_cache', 'how the release keeps statistics; we neither read nor write that')
  }
  tensors.listUnread(report, 'no part of the JSON that is compared names it')
}

// ---- Fréchet distance ----------------------------------------------------------------------------------------------

/** Double precision, after sums over many features. */
const moments: Tolerance = { absolute: 1e-11, relative: 1e-11 }
const distances: Tolerance = { absolute: 1e-8, relative: 1e-8 }
/** Of singular covariances the reference keeps roots of eigenvalues that only rounding made, and we do not. */
const singularDistances: Tolerance = { absolute: 1e-5, relative: 1e-6 }

function checkFrechet(given: Given, c: z.infer<typeof frechetCase>): void {
  const { tensors, report } = given
  const [a, b] = tensors.has(`${c.name}.features1`)
    ? [gaussianOfFeatures(given, c, 1), gaussianOfFeatures(given, c, 2)]
    : closedForm(given, c)
  const isSingular = [c.eig1, c.eig2].some(eigenvalues => eigenvalues && eigenvalues[0] < 1e-10 * eigenvalues[1])
  const tolerance = isSingular ? singularDistances : distances
  const compare = (quantity: string, found: number, expected: number, within: Tolerance) =>
    report.compare(c.name, quantity, { found, expected, tolerance: within })
  const { distance, meanTerm } = frechetDistance(a, b)
  compare('Fréchet distance', distance, c.frechet_distance, tolerance)
  if (c.symmetric_route !== undefined) compare('by the symmetric route', distance, c.symmetric_route, tolerance)
  compare('the other way round', frechetDistance(b, a).distance, c.frechet_distance, tolerance)
  compare('mean term', meanTerm, c.mean_term, moments)
  compare('trace 1', trace(a), c.trace_s1, moments)
  compare('trace 2', trace(b), c.trace_s2, moments)
}

function gaussianOfFeatures({ tensors, report, file }: Given, c: z.infer<typeof frechetCase>, which: 1 | 2): Gaussian {
  const [rows, dimensions] = tensors.shape(`${c.name}.features${which}`) as [number, number]
  if (rows !== (c[`n${which}`] ?? rows) || dimensions !== (c.dim ?? dimensions)) {
    throw invalid(
      file,
      `${c.name}: features${which} are ${rows} × ${dimensions}, the JSON says ${c[`n${which}`]} × ${c.dim}`,
    )
  }
  const gaussian = gaussianOf(statisticsOf(tensors.float32(`${c.name}.features${which}`), dimensions))
  for (const [short, key] of [
    ['mean', 'mean'],
    ['cov', 'covariance'],
  ] as const) {
    const name = `${c.name}.${short}${which}`
    if (!tensors.has(name)) continue
    report.compare(c.name, `${key} ${which}`, {
      found: gaussian[key],
      expected: tensors.float64(name),
      tolerance: moments,
    })
  }
  return gaussian
}

/** Diagonal covariances, as the case describes them: `cov1=diag(linspace(0.1,2,64)), cov2=…, mean difference 0.1 in …`. */
function closedForm({ file }: Given, { name, what = '' }: z.infer<typeof frechetCase>): [Gaussian, Gaussian] {
  const number = '(-?[\\d.]+(?:e-?\\d+)?)'
  const diagonal = (which: number) => `cov${which}=diag\\(linspace\\(${number}, ?${number}, ?(\\d+)\\)\\)`
  const match = new RegExp(`${diagonal(1)}, ${diagonal(2)}, mean difference ${number} in each dimension`).exec(what)
  if (match === null)
    throw invalid(file, `${name} has neither features nor a description that is understood: "${what}"`)
  const [from1, to1, n1, from2, to2, n2, shift] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (n1 !== n2) throw invalid(file, `${name} has ${n1} and ${n2} dimensions`)
  return [gaussianOnDiagonal(0, linspace(from1, to1, n1)), gaussianOnDiagonal(shift, linspace(from2, to2, n2))]
}

const linspace = (from: number, to: number, n: number): number[] =>
  Array.from({ length: n }, (_, i) => from + ((to - from) * i) / Math.max(1, n - 1))

function gaussianOnDiagonal(mean: number, variances: readonly number[]): Gaussian {
  const n = variances.length
  const covariance = new Float64Array(n * n)
  for (const [i, variance] of variances.entries()) covariance[i * n + i] = variance
  return { mean: new Float64Array(n).fill(mean), covariance }
}

function trace({ mean, covariance }: Gaussian): number {
  return mean.reduce((sum, _, i) => sum + (covariance[i * mean.length + i] as number), 0)
}

/** Sums of parts of one set, which is the one that has `part_sums`, and their union. */
function checkBatched({ tensors, report, file }: Given, sizes: readonly number[]): void {
  const name = tensors.names.find(key => key.endsWith('.part_sums'))?.replace(/\.part_sums$/, '')
  if (name === undefined) throw invalid(file, 'frechet.batched: there is no tensor ….part_sums')
  const [rows, d] = tensors.shape(`${name}.features1`) as [number, number]
  const features = tensors.float32(`${name}.features1`)
  if (sizes.reduce((sum, size) => sum + size, 0) !== rows)
    throw invalid(file, `frechet.batched: the parts are not ${rows} together`)
  let at = 0
  const parts = sizes.map(size => statisticsOf(features.subarray(at * d, (at += size) * d), d))
  const subject = `${name} in parts`
  const compare = (quantity: string, found: ArrayLike<number>, tensor: string) =>
    report.compare(subject, quantity, { found, expected: tensors.float64(`${name}.${tensor}`), tolerance: moments })
  compare(
    'sums',
    parts.flatMap(({ mean, count: n }) => [...mean].map(value => value * n)),
    'part_sums',
  )
  const outer = parts.flatMap(({ mean, scatter, count: n }) =>
    [...scatter].map((value, k) => value + n * (mean[Math.floor(k / d)] as number) * (mean[k % d] as number)),
  )
  compare('sums of products', outer, 'part_outer')
  const merged = gaussianOf(parts.reduce(mergeStatistics))
  compare('merged mean', merged.mean, 'mean1')
  compare('merged covariance', merged.covariance, 'cov1')
}

// ---- Inception score -----------------------------------------------------------------------------------------------

function checkScore(given: Given, c: z.infer<typeof scoreCase>): void {
  const { tensors, report, file } = given
  const { rows, classes } = logitsOf(given, c.logits)
  const order = c.permutation ? [...tensors.float64(c.permutation)] : undefined
  if (order?.some(row => !(row >= 0 && row * classes < rows.length))) {
    throw invalid(file, `${c.name}: the permutation ${c.permutation} has a row that is not there`)
  }
  const shuffled = order
    ? Float32Array.from(order.flatMap(row => [...rows.subarray(row * classes, (row + 1) * classes)]))
    : rows
  const { mean, standardDeviation, scores } = inceptionScore(shuffled, { classes, splits: c.splits })
  const tolerance = { absolute: 1e-9, relative: 1e-9 }
  report.compare(c.name, 'score of each part', { found: scores, expected: c.scores, tolerance })
  report.compare(c.name, 'mean', { found: mean, expected: c.mean, tolerance })
  if (c.std_unbiased !== null) {
    report.compare(c.name, 'standard deviation', { found: standardDeviation, expected: c.std_unbiased, tolerance })
  }
}

/** A tensor's name, or `zeros[n,c]`, or `50*onehot(i%c)[n,c]`. */
function logitsOf({ tensors, file }: Given, text: string): { rows: Float32Array; classes: number } {
  const match = /^(?:zeros|(\d+(?:\.\d+)?)\*onehot\(i%(\d+)\))\[(\d+), ?(\d+)\]$/.exec(text)
  if (match === null) return { rows: tensors.float32(text), classes: tensors.shape(text)[1] as number }
  const [scale, period, n, classes] = match.slice(1).map(part => Number(part ?? 0)) as [number, number, number, number]
  if (period > classes) throw invalid(file, `"${text}" has fewer classes than it names`)
  const isHot = (k: number) => Math.floor(k / classes) % period === k % classes
  return { rows: Float32Array.from({ length: n * classes }, (_, k) => (period > 0 && isHot(k) ? scale : 0)), classes }
}

// ---- bytes and curvature -------------------------------------------------------------------------------------------

function checkBytes(
  { tensors, report }: Given,
  { pixel_values_changed: changed, max_change }: NonNullable<Json['eight_bit']>,
) {
  const all = Uint8Array.from({ length: 256 }, (_, k) => k)
  const f = Math.fround
  const normalised = Float32Array.from(all, k => f(f(f(k / 255) - 0.5) / 0.5))
  const bytes = toBytes(normalised, 'truncate')
  const compare = (quantity: string, found: ArrayLike<number> | number, expected: ArrayLike<number> | number) =>
    report.compare('eight_bit', quantity, { found, expected, tolerance: tolerances.exact })
  compare('bytes, truncated', bytes, tensors.float64('bytes.of_normalised_pixel'))
  compare(
    'values that change',
    [...all].filter(k => bytes[k] !== k),
    changed,
  )
  compare('greatest change', Math.max(...all.map(k => Math.abs((bytes[k] as number) - k))), max_change)
  compare('bytes, rounded', toBytes(fromBytes(all)), all)
}

/** A trajectory [times, images, …] in equal steps, followed by the velocities that lead along it. */
async function checkCurvature({ tensors, report }: Given, expected: readonly number[]): Promise<void> {
  const trajectory = tensors.float32('curvature.trajectory')
  const [times, images, ...edges] = tensors.shape('curvature.trajectory') as [number, number, ...number[]]
  const elementsPerImage = edges.reduce((product, edge) => product * edge, 1)
  const [size, steps] = [images * elementsPerImage, times - 1]
  const at = (i: number) => trajectory.subarray(i * size, (i + 1) * size)
  const velocity = (_: Float32Array, t: number) => {
    const [here, next] = [at(Math.round(steps * t)), at(Math.round(steps * t) + 1)]
    return here.map((value, i) => steps * ((next[i] as number) - value))
  }
  const { perImage } = await curvature(velocity, at(0).slice(), { elementsPerImage, steps })
  const compare = (quantity: string, values: ArrayLike<number>) =>
    report.compare('curvature', quantity, { found: perImage, expected: values, tolerance: tolerances.output })
  compare('of each image', expected)
  compare('tensor curvature.value', tensors.float64('curvature.value'))
}
