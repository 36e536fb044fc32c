/**
 * Quality measures: Fréchet distance from features or in closed form, Inception score from logits, the conversion of images to bytes, and
 * the curvature of a trajectory.
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
import * as f from '../fields.ts'
import type { Context, Fixture } from '../fixture.ts'
import { tolerances } from '../report.ts'

const { exact, double } = tolerances

const frechetCase = f.strict(
  {
    name: z.string(),
    what: z.string().optional(),
    ...f.each(f.size.optional(), 'n1 n2 dim'),
    ...f.each(f.number, 'frechet_distance mean_term trace_s1 trace_s2'),
    symmetric_route: f.number.optional(),
    /** Smallest and largest eigenvalue. */
    ...f.each(z.tuple([f.number, f.number]).optional(), 'eig1 eig2'),
  },
  'torchmetrics scipy_sqrtm sqrtm_max_imag',
)
type FrechetCase = z.infer<typeof frechetCase>

const scoreCase = f.strict(
  {
    ...f.each(z.string(), 'name logits'),
    permutation: z.string().nullish(),
    splits: f.size,
    mean: f.number,
    std_unbiased: f.number.nullable(),
    scores: z.array(f.number),
    chunk_sizes: z.array(f.size).optional(),
  },
  'what torchmetrics_mean_float32 torchmetrics_std_float32',
)
type ScoreCase = z.infer<typeof scoreCase>

const schema = f.fixture({
  frechet: f
    .strict(
      {
        cases: z.array(frechetCase),
        batched: f.strict({ parts: z.array(f.size) }, 'what').optional(),
        reference_cache: f.note,
      },
      'definition',
    )
    .optional(),
  inception_score: f.strict({ cases: z.array(scoreCase) }, 'definition').optional(),
  eight_bit: f.strict({ pixel_values_changed: z.array(f.number), max_change: f.number }, 'what').optional(),
  curvature: f.strict({ per_sample: z.array(f.number) }, 'definition straight_line_max').optional(),
  tensors: f.tensors.optional(),
})

export async function checkMetrics(fixture: Fixture): Promise<void> {
  const { frechet, inception_score, eight_bit, ...json } = fixture.parse(schema)
  const tensors = fixture.tensors(json.tensors)
  const context = { fixture, tensors }
  for (const c of frechet?.cases ?? []) checkFrechet(context, c)
  if (frechet?.batched !== undefined) checkBatched(context, frechet.batched.parts)
  for (const c of inception_score?.cases ?? []) checkScore(context, c)
  if (eight_bit !== undefined) checkBytes(context, eight_bit.pixel_values_changed, eight_bit.max_change)
  if (json.curvature !== undefined) await checkCurvature(context, json.curvature.per_sample)
  if (frechet?.reference_cache !== undefined) {
    fixture.report.skip('frechet', 'reference_cache', 'the statistics cache of the reference is not supported')
  }
  tensors.reportUnread(fixture, 'no compared part of the JSON refers to it')
}

// ---- Fréchet distance ----------------------------------------------------------------------------------------------

const distances = { absolute: 1e-8, relative: 1e-8 }
/** Of singular covariances the reference keeps square roots of eigenvalues that are rounding errors. */
const singularDistances = { absolute: 1e-5, relative: 1e-6 }

function checkFrechet(context: Context, c: FrechetCase): void {
  const [a, b] = context.tensors.has(`${c.name}.features1`)
    ? [featureGaussian(context, c, 1), featureGaussian(context, c, 2)]
    : closedForm(context, c)
  const isSingular = [c.eig1, c.eig2].some(values => values && values[0] < 1e-10 * values[1])
  const tolerance = isSingular ? singularDistances : distances
  const { distance, meanTerm } = frechetDistance(a, b)
  const compare = context.fixture.report.case(c.name)
  compare('Fréchet distance', distance, c.frechet_distance, tolerance)
  compare('by the symmetric route', distance, c.symmetric_route, tolerance)
  compare('the other way round', frechetDistance(b, a).distance, c.frechet_distance, tolerance)
  compare('mean term', meanTerm, c.mean_term, double)
  compare('trace 1', trace(a), c.trace_s1, double)
  compare('trace 2', trace(b), c.trace_s2, double)
}

function featureGaussian({ tensors, fixture }: Context, c: FrechetCase, which: 1 | 2): Gaussian {
  const name = `${c.name}.features${which}`
  const [rows, dimensions] = tensors.shape(name) as [number, number]
  const [expectedRows, expectedDimensions] = [c[`n${which}`] ?? rows, c.dim ?? dimensions]
  if (rows !== expectedRows || dimensions !== expectedDimensions) {
    const expected = `${expectedRows} × ${expectedDimensions}`
    throw fixture.invalid(`${name} is ${rows} × ${dimensions}, but the JSON says ${expected}`)
  }
  const gaussian = gaussianOf(statisticsOf(tensors.float32(name), dimensions))
  const compare = fixture.report.case(c.name)
  compare(`mean ${which}`, gaussian.mean, tensors.optional(`${c.name}.mean${which}`), double)
  compare(`covariance ${which}`, gaussian.covariance, tensors.optional(`${c.name}.cov${which}`), double)
  return gaussian
}

/** Diagonal covariances, from the description: `cov1=diag(linspace(0.1,2,64)), cov2=…, mean difference 0.1 in …`. */
function closedForm({ fixture }: Context, { name, what = '' }: FrechetCase): [Gaussian, Gaussian] {
  const value = '(-?[\\d.]+(?:e-?\\d+)?)'
  const diagonal = (which: number) => `cov${which}=diag\\(linspace\\(${value}, ?${value}, ?(\\d+)\\)\\)`
  const match = new RegExp(`${diagonal(1)}, ${diagonal(2)}, mean difference ${value} in each dimension`).exec(what)
  if (match === null)
    throw fixture.invalid(`${name} has no features and a description that cannot be parsed: "${what}"`)
  const [from1, to1, n1, from2, to2, n2, shift] = match.slice(1).map(Number)
  if (n1 !== n2) throw fixture.invalid(`${name} has ${n1} and ${n2} dimensions`)
  return [diagonalGaussian(0, [from1!, to1!], n1!), diagonalGaussian(shift!, [from2!, to2!], n1!)]
}

function diagonalGaussian(mean: number, [from, to]: readonly [number, number], n: number): Gaussian {
  const covariance = new Float64Array(n * n)
  for (let i = 0; i < n; i++) covariance[i * n + i] = from + ((to - from) * i) / Math.max(1, n - 1)
  return { mean: new Float64Array(n).fill(mean), covariance }
}

const trace = ({ mean, covariance }: Gaussian): number =>
  mean.reduce((sum, _, i) => sum + covariance[i * mean.length + i]!, 0)

/** Statistics of parts of the set that has `part_sums`, and of their union. */
function checkBatched({ tensors, fixture }: Context, sizes: readonly number[]): void {
  const name = tensors.names.find(key => key.endsWith('.part_sums'))?.replace(/\.part_sums$/, '')
  if (name === undefined) throw fixture.invalid('frechet.batched: there is no tensor ….part_sums')
  const [rows, d] = tensors.shape(`${name}.features1`) as [number, number]
  const features = tensors.float32(`${name}.features1`)
  const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((sum, length) => sum + length, 0))
  if (ends.at(-1) !== rows) throw fixture.invalid(`frechet.batched: the parts do not add up to ${rows}`)
  const parts = ends.map((end, i) => statisticsOf(features.subarray((end - sizes[i]!) * d, end * d), d))
  const outer = parts.flatMap(({ mean, scatter, count: n }) =>
    [...scatter].map((value, k) => value + n * mean[Math.floor(k / d)]! * mean[k % d]!),
  )
  const sums = parts.flatMap(({ mean, count: n }) => [...mean].map(value => value * n))
  const merged = gaussianOf(parts.reduce(mergeStatistics))
  const compare = fixture.report.case(`${name} in parts`)
  compare('sums', sums, tensors.float64(`${name}.part_sums`), double)
  compare('sums of products', outer, tensors.float64(`${name}.part_outer`), double)
  compare('merged mean', merged.mean, tensors.float64(`${name}.mean1`), double)
  compare('merged covariance', merged.covariance, tensors.float64(`${name}.cov1`), double)
}

// ---- Inception score -----------------------------------------------------------------------------------------------

function checkScore(context: Context, c: ScoreCase): void {
  const { tensors, fixture } = context
  const { rows, classes } = logitsOf(context, c.logits)
  const order = c.permutation ? [...tensors.float64(c.permutation)] : undefined
  if (order?.some(row => !(row >= 0 && row * classes < rows.length))) {
    throw fixture.invalid(`${c.name}: the permutation ${c.permutation} has a row out of range`)
  }
  const shuffled = order?.flatMap(row => [...rows.subarray(row * classes, (row + 1) * classes)])
  const { mean, standardDeviation, scores } = inceptionScore(shuffled ? Float32Array.from(shuffled) : rows, {
    classes,
    splits: c.splits,
  })
  const compare = fixture.report.case(c.name)
  const tolerance = { absolute: 1e-9, relative: 1e-9 }
  compare('score of each part', scores, c.scores, tolerance)
  compare('mean', mean, c.mean, tolerance)
  compare('standard deviation', standardDeviation, c.std_unbiased, tolerance)
}

/** The name of a tensor, or `zeros[n,c]`, or `50*onehot(i%c)[n,c]`. */
function logitsOf({ tensors, fixture }: Context, text: string): { rows: Float32Array; classes: number } {
  const match = /^(?:zeros|(\d+(?:\.\d+)?)\*onehot\(i%(\d+)\))\[(\d+), ?(\d+)\]$/.exec(text)
  if (match === null) return { rows: tensors.float32(text), classes: tensors.shape(text)[1]! }
  const [scale, period, n, classes] = match.slice(1).map(part => Number(part ?? 0)) as [number, number, number, number]
  if (period > classes) throw fixture.invalid(`"${text}" uses more classes than it has`)
  const isHot = (k: number) => Math.floor(k / classes) % period === k % classes
  return { rows: Float32Array.from({ length: n * classes }, (_, k) => (period > 0 && isHot(k) ? scale : 0)), classes }
}

// ---- bytes and curvature -------------------------------------------------------------------------------------------

function checkBytes({ tensors, fixture }: Context, changed: readonly number[], maxChange: number): void {
  const all = Uint8Array.from({ length: 256 }, (_, k) => k)
  const f = Math.fround
  const bytes = toBytes(
    Float32Array.from(all, k => f(f(f(k / 255) - 0.5) / 0.5)),
    'truncate',
  )
  const compare = fixture.report.case('eight_bit')
  compare('bytes, truncated', bytes, tensors.float64('bytes.of_normalised_pixel'), exact)
  compare(
    'values that change',
    all.filter(k => bytes[k] !== k),
    changed,
    exact,
  )
  compare('greatest change', Math.max(...all.map(k => Math.abs(bytes[k]! - k))), maxChange, exact)
  compare('bytes, rounded', toBytes(fromBytes(all)), all, exact)
}

/** A trajectory [times, images, …] in equal steps; the velocity is the difference of its neighbours. */
async function checkCurvature({ tensors, fixture }: Context, expected: readonly number[]): Promise<void> {
  const trajectory = tensors.float32('curvature.trajectory')
  const [times, images] = tensors.shape('curvature.trajectory') as [number, number]
  const steps = times - 1
  const stateSize = trajectory.length / times
  const at = (i: number) => trajectory.subarray(i * stateSize, (i + 1) * stateSize)
  const velocity = (_: Float32Array, t: number) => {
    const i = Math.round(steps * t)
    const next = at(i + 1)
    return at(i).map((value, k) => steps * (next[k]! - value))
  }
  const { perImage } = await curvature(velocity, at(0).slice(), { elementsPerImage: stateSize / images, steps })
  const compare = fixture.report.case('curvature')
  compare('of each image', perImage, expected)
  compare('tensor curvature.value', perImage, tensors.float64('curvature.value'))
}
