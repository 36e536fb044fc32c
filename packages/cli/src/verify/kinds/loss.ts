/**
 * The training objective over linear toy networks, all random draws given: where x0 starts, the path, the losses, the moments
 * of the source and the gradients of every weight; and the source of sampling.
 *
 *   denoiser  v[b,o,h,w] = Σ_c D[o,c] x_t[b,c,h,w] + t_b d_t[o] + d_b[o]
 *   encoder   o[b,k,h,w] = Σ_c A[k,c] κ[b,c,h,w] + b[k]
 */

import {
  type Denoiser,
  type Draws,
  type GaussianKind,
  type Kappa,
  kappaFc,
  type Mixing,
  mixture,
  objective,
  type Source,
  type SourceDraws,
  standardNormal,
} from '@mixflow/core'
import { stretchTime } from '@mixflow/core/internal'
import { tensorAlgebra } from '@mixflow/train'
import * as tf from '@tensorflow/tfjs-core'
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
import { type Report, type Tolerance, tolerances } from '../report.ts'
import { gradientsOf, imagesOf, nchw, numbersOf, tensorOf } from './tensors.ts'
import { checkTransport, minibatch } from './transport.ts'

const kappas = {
  ...{ sample_only: 'image', noise_only: 'noise', sample_and_noise: 'image+noise' },
} as const satisfies Record<string, Kappa>
const inputMode = z.enum(Object.keys(kappas) as (keyof typeof kappas)[])
const gaussianMode = z.enum(['mean', 'mean_var'])
const size = z.number().int().positive()

/** The release's switches. Those that say again what a field of the case says must agree with it. */
const switches = z.strictObject({
  interpolate_distrubutions: z.boolean().optional(),
  activate_w_mode: z.boolean().optional(),
  block_diffusion_gradient_to_noise_predictor: z.boolean().default(false),
  ...{ discrete_w: z.boolean().default(false), num_w_values: size.optional(), t_eps: z.number().default(0) },
})

/** What the release itself wrote down, in single precision. */
const logged = z
  .object({
    'loss/diffusion': z.number().optional(),
    'loss/kl_divergence_gaussian': z.number().optional(),
    'loss/total': z.number().optional(),
  })
  .catchall(z.unknown())

const trainingCase = z.strictObject({
  ...{ name: z.string(), what: prose, use_encoder: z.boolean(), mix_w: z.boolean() },
  ...{ input_mode: inputMode.nullable(), gaussian: z.boolean().nullable(), gaussian_mode: gaussianMode.nullable() },
  ...{ interpolate_distributions: z.boolean().nullable(), beta: z.number().nullable(), tanh: z.boolean() },
  options: switches,
  encoder_weights: z.tuple([z.string(), z.string()]).nullable(),
  w: z.array(z.number()).nullable(),
  scalars: z.strictObject({
    ...{ flow_loss: z.number(), kl: z.number().nullable(), total: z.number(), logged_by_reference: logged.default({}) },
  }),
  tensors: z.array(z.string()),
  check_vs_independent_float64: prose,
})
type TrainingCase = z.infer<typeof trainingCase>

const samplingCase = z.strictObject({ name: z.string(), what: prose, tensors: z.tuple([z.literal('x0')]) })

const schema = z.strictObject({
  ...{ ...remarks, group: z.literal('loss') },
  shapes: z.strictObject({ batch: size, channels: size, height: size, width: size }),
  toy_networks: z.strictObject({
    denoiser: z.literal('v[b,o,h,w] = sum_c D[o,c] x_t[b,c,h,w] + t_b*d_t[o] + d_b[o]'),
    encoder: z.string().startsWith('o[b,k,h,w] = sum_c A[k,c] inp[b,c,h,w] + b[k]'),
  }),
  ...{ rules: prose, random_draw_order_in_reference: prose },
  // with scalars it is one of training, without one of sampling
  cases: z.array(z.looseObject({ name: z.string() })).default([]),
  minibatch_ot: minibatch.optional(),
  tensors: declaredTensors.optional(),
})

interface Given {
  readonly file: string
  readonly tensors: TensorFile
  readonly report: Report
  readonly channels: number
}

export async function checkLoss(fixture: Fixture, report: Report): Promise<void> {
  const json = parsed(fixture, schema)
  const tensors = tensorsOf(fixture, json.tensors)
  const { batch, channels, height, width } = json.shapes
  const shape = [batch, channels, height, width].join()
  const other = tensors.has('draw.x1') ? tensors.shape('draw.x1').join() : shape
  if (other !== shape) throw invalid(fixture.file, `draw.x1 is [${other}], and [${shape}] by "shapes"`)
  const given = { file: fixture.file, tensors, report, channels }
  for (const one of json.cases) {
    const part = { file: `${fixture.file}: case ${one.name}`, json: one }
    const check =
      'scalars' in one
        ? () => checkTraining(given, parsed(part, trainingCase))
        : () => checkSampling(given, parsed(part, samplingCase).name)
    tf.tidy(check)
  }
  if (json.minibatch_ot !== undefined) checkTransport(json.minibatch_ot, given)
  tensors.listUnread(report, 'no case in the JSON names it')
}

// ---- training ------------------------------------------------------------------------------------------------------

type Weights = Readonly<Record<string, tf.Tensor>>

function checkTraining(given: Given, c: TrainingCase): void {
  checkAgreement(given, c)
  const { tensors, report } = given
  const weights: Weights = {
    ...{ D: tensorOf(tensors, 'toy.D'), d_t: tensorOf(tensors, 'toy.d_t'), d_b: tensorOf(tensors, 'toy.d_b') },
    ...encoderWeights(given, c.encoder_weights),
  }
  const draws = { ...drawsOf(tensors, c.options.t_eps), ...(c.w === null ? {} : { mixtureWeight: tf.tensor1d(c.w) }) }
  const x1 = imagesOf(tensors, 'draw.x1')
  const run = (current: Weights) =>
    objective({
      source: sourceOf(current, c),
      klWeight: c.beta ?? 0,
      detachEncoder: c.options.block_diffusion_gradient_to_noise_predictor,
    }).loss(tensorAlgebra, { denoiser: denoiserOf(current), x1, draws })
  const { loss, flowLoss, kl, parts } = run(weights)
  const gradients = gradientsOf(current => run(current).loss, weights)

  const scalar = (quantity: string, found: tf.Tensor | undefined, expected: number | null) => {
    if (found === undefined && expected === null) return
    const values = found === undefined ? [] : numbersOf(found)
    report.compare(c.name, quantity, {
      found: values,
      expected: [expected ?? Number.NaN],
      tolerance: tolerances.output,
    })
  }
  scalar('flow loss', flowLoss, c.scalars.flow_loss)
  scalar('KL', kl, c.scalars.kl)
  scalar('total loss', loss, c.scalars.total)
  const own = { 'loss/diffusion': flowLoss, 'loss/kl_divergence_gaussian': kl, 'loss/total': loss }
  for (const [name, found] of Object.entries(own)) {
    const expected = c.scalars.logged_by_reference[name as keyof typeof own]
    if (expected !== undefined) scalar(`logged ${name}`, found, expected)
  }

  const zeros = () => tf.zerosLike(x1)
  const images: Readonly<Record<string, () => tf.Tensor | undefined>> = {
    x0: () => parts.x0,
    x_t: () => parts.xt,
    velocity_target: () => parts.velocity,
    velocity_pred: () => parts.predicted,
    mean: () => parts.gaussian?.mean,
    log_var: () => parts.gaussian && (parts.gaussian.logVariance ?? zeros()),
    encoder_sample: () => encoderOf(weights, c)?.sample(tensorAlgebra, { x1, draws }).x0,
    source_mean: () => momentsOf(sourceOf(weights, c), { x1, draws }).mean,
    source_var: () => momentsOf(sourceOf(weights, c), { x1, draws }).variance,
  }
  const names = [...Object.keys(images), ...Object.keys(gradients).map(name => `grad.${name}`)]
  for (const quantity of c.tensors) {
    known(quantity, names, { file: given.file, what: `tensor of ${c.name}` })
    const gradient = quantity.startsWith('grad.') ? gradients[quantity.slice('grad.'.length)] : undefined
    const image = images[quantity]?.()
    const found = gradient ?? (image && nchw(image))
    if (found === undefined) throw invalid(given.file, `${c.name} has ${quantity}, but no encoder that would give it`)
    compareTensor(given, { name: `${c.name}.${quantity}`, subject: c.name, quantity, found })
  }
}

/** What is said twice, and what the release's switches mean where they change nothing in the formulas. */
function checkAgreement({ file, report }: Given, c: TrainingCase): void {
  const {
    interpolate_distrubutions: mixing,
    activate_w_mode: mode,
    discrete_w: discrete,
    num_w_values: levels,
  } = c.options
  const refuse = (what: string): never => {
    throw invalid(file, `${c.name} contradicts itself: ${what}`)
  }
  if (mixing !== undefined && mixing !== c.interpolate_distributions) refuse('interpolate_distributions')
  if (mode !== undefined && mode !== c.mix_w) refuse('activate_w_mode and mix_w')
  if (c.use_encoder !== (c.encoder_weights !== null)) refuse('use_encoder and encoder_weights')
  if (c.use_encoder !== (c.input_mode !== null)) refuse('use_encoder and input_mode')
  if (c.use_encoder && c.gaussian === null) refuse('an encoder without "gaussian"')
  if (c.gaussian === true && c.gaussian_mode === null) refuse('a distribution without "gaussian_mode"')
  if (c.mix_w !== (c.w !== null)) refuse('mix_w and w')
  if (c.mix_w && !c.use_encoder) refuse('mix_w without an encoder')
  if (c.mix_w && c.interpolate_distributions === null) refuse('mix_w without "interpolate_distributions"')
  if (!discrete) return
  if (levels === undefined || c.w === null) throw invalid(file, `${c.name} has discrete_w without num_w_values or w`)
  const nearest = c.w.map(w => Math.round(w * levels) / levels)
  report.compare(c.name, `w in steps of 1/${levels}`, { found: nearest, expected: c.w, tolerance: { absolute: 1e-6 } })
}

function drawsOf(tensors: TensorFile, minTime: number): Draws<tf.Tensor> {
  const image = (name: string) => (tensors.has(name) ? imagesOf(tensors, name) : undefined)
  return {
    t: tf.tensor1d(stretchTime(tensors.float32('draw.t'), minTime)),
    noise: image('draw.eps_source'),
    encoderNoise: image('draw.eps_encoder'),
    kappaNoise: image('draw.kappa_noise'),
  }
}

function encoderWeights({ tensors }: Given, names: readonly [string, string] | null): Weights {
  if (names === null) return {}
  return { A: tensorOf(tensors, `toy.${names[0]}`), b: tensorOf(tensors, `toy.${names[1]}`) }
}

type SourceFacts = Pick<
  TrainingCase,
  'input_mode' | 'gaussian' | 'gaussian_mode' | 'tanh' | 'mix_w' | 'interpolate_distributions'
>

function encoderOf({ A, b }: Weights, { input_mode, gaussian, gaussian_mode, tanh }: SourceFacts) {
  if (A === undefined || b === undefined || input_mode === null) return undefined
  const kind: GaussianKind = gaussian ? (gaussian_mode === 'mean' ? 'mean' : 'mean-variance') : 'off'
  return kappaFc<tf.Tensor>(kappa => tf.add(pointwise(kappa, A), b), {
    kappa: kappas[input_mode],
    gaussian: kind,
    tanh,
  })
}

function sourceOf(weights: Weights, c: SourceFacts): Source<tf.Tensor> {
  const encoder = encoderOf(weights, c)
  if (encoder === undefined) return standardNormal<tf.Tensor>()
  const mixing: Mixing = c.interpolate_distributions ? 'distribution' : 'sample'
  return c.mix_w ? mixture(encoder, standardNormal<tf.Tensor>(), { mixing }) : encoder
}

const denoiserOf =
  ({ D, d_t, d_b }: Weights): Denoiser<tf.Tensor> =>
  (xt, t) => {
    const byTime = tf.mul(tf.reshape(t, [-1, 1, 1, 1]), d_t as tf.Tensor)
    return tf.add(tf.add(pointwise(xt, D as tf.Tensor), byTime), d_b as tf.Tensor)
  }

/** A 1×1 convolution of [N, H, W, C] with weights [out, in]. */
function pointwise(x: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  const pixels = tf.reshape(x, [-1, weights.shape[1] as number])
  const out = tf.matMul(pixels as tf.Tensor2D, weights as tf.Tensor2D, false, true)
  return tf.reshape(out, [...x.shape.slice(0, -1), weights.shape[0] as number])
}

interface SourceGiven {
  readonly x1: tf.Tensor
  readonly draws: SourceDraws<tf.Tensor>
}

/** x0 is linear in its noises: its mean is what it is without, its variance the squares of what each adds. */
function momentsOf(source: Source<tf.Tensor>, { x1, draws }: SourceGiven) {
  const at = (which?: 'noise' | 'encoderNoise') => {
    const still = { noise: tf.zerosLike(x1), encoderNoise: tf.zerosLike(x1) }
    const noises = which === undefined ? still : { ...still, [which]: tf.onesLike(x1) }
    return source.sample(tensorAlgebra, { x1, draws: { ...draws, ...noises } }).x0
  }
  const mean = at()
  const parts = (['noise', 'encoderNoise'] as const).map(which => tf.square(tf.sub(at(which), mean)))
  return { mean, variance: tf.addN(parts) }
}

function compareTensor(
  { tensors, report }: Given,
  { name, subject, quantity, found }: { name: string; subject: string; quantity: string; found: tf.Tensor },
): void {
  const tolerance: Tolerance = quantity.startsWith('grad.') ? tolerances.gradient : tolerances.output
  report.compare(subject, quantity, { found: numbersOf(found), expected: tensors.float32(name), tolerance })
}

// ---- sampling ------------------------------------------------------------------------------------------------------

/** Such a case has its facts in its name alone: `sampling_source.<input mode>.<moments>.<dist or sample>`. */
function checkSampling(given: Given, name: string): void {
  const { file, tensors, channels } = given
  const [prefix, mode, moments, mixing, ...more] = name.split('.')
  if (prefix !== 'sampling_source' || mixing === undefined || more.length > 0) {
    throw invalid(file, `"${name}" has no scalars, and is no sampling_source.<input mode>.<moments>.<dist or sample>`)
  }
  const facts: SourceFacts = {
    input_mode: known(mode as string, inputMode.options, { file, what: `input mode of ${name}` }),
    gaussian: true,
    gaussian_mode: known(moments as string, gaussianMode.options, { file, what: `moments of ${name}` }),
    ...{ tanh: false, mix_w: true },
    interpolate_distributions: known(mixing, ['dist', 'sample'], { file, what: `mixing of ${name}` }) === 'dist',
  }
  const inputs = facts.input_mode === 'sample_and_noise' ? 2 * channels : channels
  const outputs = facts.gaussian_mode === 'mean' ? channels : 2 * channels
  const weights = encoderWeights(given, [`A${inputs}_${outputs}`, `b${outputs}`])
  const { noise, encoderNoise, kappaNoise } = drawsOf(tensors, 0)
  const draws = { noise, encoderNoise, kappaNoise, mixtureWeight: tensorOf(tensors, 'draw.w') }
  const { x0 } = sourceOf(weights, facts).atSampling.sample(tensorAlgebra, { draws })
  compareTensor(given, { name: `${name}.x0`, subject: name, quantity: 'x0', found: nchw(x0) })
}
