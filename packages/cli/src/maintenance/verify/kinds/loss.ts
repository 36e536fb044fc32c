/**
 * The training objective with linear toy networks and given random draws: x0, the path, the losses, the moments of the source and the
 * gradients of all parameters; the source at sampling; and minibatch optimal transport.
 *
 *   denoiser  v[b,o,h,w] = Σ_c D[o,c] x_t[b,c,h,w] + t_b d_t[o] + d_b[o]
 *   encoder   o[b,k,h,w] = Σ_c A[k,c] κ[b,c,h,w] + b[k]
 */

import {
  type Denoiser,
  type Draws,
  type Kappa,
  kappaFc,
  mixture,
  objective,
  type Source,
  type SourceDraws,
  standardNormal,
} from '@mixflow/core'
import { couplingCosts, optimalAssignment, stretchTime } from '@mixflow/core/internal'
import { tensorAlgebra } from '@mixflow/train'
import * as tf from '@tensorflow/tfjs-core'
import { z } from 'zod'
import * as f from '../fields.ts'
import type { Context, Fixture, TensorFile } from '../fixture.ts'
import { tolerances } from '../report.ts'
import { gradientsOf, imagesOf, nchw, tensorOf, type Values } from './tensors.ts'

/** The reference's names. */
export const kappas = {
  sample_only: 'image',
  noise_only: 'noise',
  sample_and_noise: 'image+noise',
} as const satisfies Record<string, Kappa>
export const inputMode = z.enum(Object.keys(kappas) as (keyof typeof kappas)[])
export const gaussianMode = z.enum(['mean', 'mean_var'])

/** Options of the reference. Those that repeat a field of the case must agree with it. */
const options = f.strict({
  ...f.each(z.boolean().optional(), 'interpolate_distrubutions activate_w_mode'),
  ...f.each(z.boolean().default(false), 'block_diffusion_gradient_to_noise_predictor discrete_w'),
  num_w_values: f.size.optional(),
  t_eps: f.number.default(0),
})

const trainingCase = f.strict(
  {
    name: z.string(),
    ...f.each(z.boolean(), 'use_encoder mix_w tanh'),
    ...f.each(z.boolean().nullable(), 'gaussian interpolate_distributions'),
    input_mode: inputMode.nullable(),
    gaussian_mode: gaussianMode.nullable(),
    beta: f.number.nullable(),
    options,
    encoder_weights: z.tuple([z.string(), z.string()]).nullable(),
    w: z.array(f.number).nullable(),
    scalars: f.strict({
      ...f.each(f.number, 'flow_loss total'),
      kl: f.number.nullable(),
      /** In single precision. */
      logged_by_reference: z
        .looseObject(f.each(f.number.optional(), 'loss/diffusion loss/kl_divergence_gaussian loss/total'))
        .default({}),
    }),
    tensors: z.array(z.string()),
  },
  'what check_vs_independent_float64',
)
type TrainingCase = z.infer<typeof trainingCase>

const samplingCase = f.strict({ name: z.string(), tensors: z.tuple([z.literal('x0')]) }, 'what')

const optimalTransport = f.strict(
  {
    cost_shape: z.tuple([f.size, f.size]),
    perm: z.array(f.count),
    ...f.each(f.number, 'optimal_cost identity_cost'),
    tiny: f.strict({ cost: z.array(z.array(f.number)), perm: z.array(f.count), optimal_cost: f.number }).optional(),
  },
  'what note in_reference second_best_cost',
)

const schema = f.fixture(
  {
    shapes: f.strict(f.each(f.size, 'batch channels height width')),
    toy_networks: f.strict({
      denoiser: z.literal('v[b,o,h,w] = sum_c D[o,c] x_t[b,c,h,w] + t_b*d_t[o] + d_b[o]'),
      encoder: z.string().startsWith('o[b,k,h,w] = sum_c A[k,c] inp[b,c,h,w] + b[k]'),
    }),
    // of training if it has scalars, else of sampling
    cases: z.array(z.looseObject({ name: z.string() })).default([]),
    minibatch_ot: optimalTransport.optional(),
    tensors: f.tensors.optional(),
  },
  'rules random_draw_order_in_reference',
)

export async function checkLoss(fixture: Fixture): Promise<void> {
  const json = fixture.parse(schema)
  const tensors = fixture.tensors(json.tensors)
  const { batch, channels, height, width } = json.shapes
  const shape = [batch, channels, height, width].join()
  const found = tensors.has('draw.x1') ? tensors.shape('draw.x1').join() : shape
  if (found !== shape) throw fixture.invalid(`draw.x1 is [${found}], but "shapes" says [${shape}]`)
  for (const c of json.cases) {
    const part = fixture.part(`case ${c.name}`, c)
    const context = { fixture: part, tensors }
    tf.tidy(() =>
      'scalars' in c
        ? checkTraining(context, part.parse(trainingCase))
        : checkSampling(context, part.parse(samplingCase).name, channels),
    )
  }
  if (json.minibatch_ot !== undefined) checkTransport({ fixture, tensors }, json.minibatch_ot)
  tensors.reportUnread(fixture, 'no case in the JSON refers to it')
}

// ---- training ------------------------------------------------------------------------------------------------------

function checkTraining(context: Context, c: TrainingCase): void {
  checkConsistency(context, c)
  const { tensors, fixture } = context
  const compare = fixture.report.case(c.name)
  const parameters: Values = {
    D: tensorOf(tensors, 'toy.D'),
    d_t: tensorOf(tensors, 'toy.d_t'),
    d_b: tensorOf(tensors, 'toy.d_b'),
    ...encoderParameters(context, c.encoder_weights),
  }
  const draws = { ...drawsOf(tensors, c.options.t_eps), ...(c.w === null ? {} : { mixtureWeight: tf.tensor1d(c.w) }) }
  const x1 = imagesOf(tensors, 'draw.x1')
  const run = (values: Values) =>
    objective({
      source: sourceOf(values, c),
      klWeight: c.beta ?? 0,
      detachEncoder: c.options.block_diffusion_gradient_to_noise_predictor,
    }).loss(tensorAlgebra, { denoiser: denoiserOf(values), x1, draws })
  const { loss, flowLoss, kl, parts } = run(parameters)
  const gradients = gradientsOf(values => run(values).loss, parameters)

  const logged = c.scalars.logged_by_reference
  for (const [quantity, found, expected] of [
    ['flow loss', flowLoss, c.scalars.flow_loss],
    // a missing KL must be missing in both
    ['KL', kl ?? [], c.scalars.kl ?? (kl && Number.NaN)],
    ['total loss', loss, c.scalars.total],
    ['logged loss/diffusion', flowLoss, logged['loss/diffusion']],
    ['logged loss/kl_divergence_gaussian', kl ?? [], logged['loss/kl_divergence_gaussian']],
    ['logged loss/total', loss, logged['loss/total']],
  ] as const) {
    compare(quantity, found, expected)
  }

  const { gaussian } = parts
  const images: Readonly<Record<string, () => tf.Tensor | undefined>> = {
    x0: () => parts.x0,
    x_t: () => parts.xt,
    velocity_target: () => parts.velocity,
    velocity_pred: () => parts.predicted,
    mean: () => gaussian?.mean,
    log_var: () => gaussian && (gaussian.logVariance ?? tf.zerosLike(x1)),
    encoder_sample: () => encoderOf(parameters, c)?.sample(tensorAlgebra, { x1, draws }).x0,
    source_mean: () => momentsOf(sourceOf(parameters, c), { x1, draws }).mean,
    source_var: () => momentsOf(sourceOf(parameters, c), { x1, draws }).variance,
  }
  const gradientNames = Object.keys(gradients).map(name => `grad.${name}`)
  for (const quantity of c.tensors) {
    fixture.known(quantity, [...Object.keys(images), ...gradientNames], 'tensor')
    const gradient = gradients[quantity.replace(/^grad\./, '')]
    const image = images[quantity]?.()
    const found = quantity.startsWith('grad.') ? gradient : image && nchw(image)
    if (found === undefined) throw fixture.invalid(`${quantity} requires an encoder`)
    const expected = tensors.float32(`${c.name}.${quantity}`)
    compare(quantity, found, expected, quantity.startsWith('grad.') ? tolerances.gradient : tolerances.output)
  }
}

/** Fields that repeat each other, and the discretization of w, which changes nothing in the formulas. */
function checkConsistency({ fixture }: Context, c: TrainingCase): void {
  const { interpolate_distrubutions: interpolate, activate_w_mode: mode, discrete_w, num_w_values: levels } = c.options
  const contradictions: Readonly<Record<string, boolean>> = {
    interpolate_distributions: interpolate !== undefined && interpolate !== c.interpolate_distributions,
    'activate_w_mode and mix_w': mode !== undefined && mode !== c.mix_w,
    'use_encoder and encoder_weights': c.use_encoder !== (c.encoder_weights !== null),
    'use_encoder and input_mode': c.use_encoder !== (c.input_mode !== null),
    'an encoder without "gaussian"': c.use_encoder && c.gaussian === null,
    'a distribution without "gaussian_mode"': c.gaussian === true && c.gaussian_mode === null,
    'mix_w and w': c.mix_w !== (c.w !== null),
    'mix_w without an encoder': c.mix_w && !c.use_encoder,
    'mix_w without "interpolate_distributions"': c.mix_w && c.interpolate_distributions === null,
    'discrete_w without num_w_values or w': discrete_w && (levels === undefined || c.w === null),
  }
  const found = Object.keys(contradictions).find(key => contradictions[key])
  if (found !== undefined) throw fixture.invalid(`contradicts itself: ${found}`)
  if (!discrete_w || levels === undefined || c.w === null) return
  const nearest = c.w.map(w => Math.round(w * levels) / levels)
  fixture.report.case(c.name)(`w in steps of 1/${levels}`, nearest, c.w, { absolute: 1e-6 })
}

function drawsOf(tensors: TensorFile, minTime: number): Draws<tf.Tensor> {
  const images = (name: string) => (tensors.has(name) ? imagesOf(tensors, name) : undefined)
  return {
    t: tf.tensor1d(stretchTime(tensors.float32('draw.t'), minTime)),
    noise: images('draw.eps_source'),
    encoderNoise: images('draw.eps_encoder'),
    kappaNoise: images('draw.kappa_noise'),
  }
}

const encoderParameters = ({ tensors }: Context, names: readonly [string, string] | null): Values =>
  names === null ? {} : { A: tensorOf(tensors, `toy.${names[0]}`), b: tensorOf(tensors, `toy.${names[1]}`) }

type SourceFacts = Pick<
  TrainingCase,
  'input_mode' | 'gaussian' | 'gaussian_mode' | 'tanh' | 'mix_w' | 'interpolate_distributions'
>

function encoderOf({ A, b }: Values, { input_mode, gaussian, gaussian_mode, tanh }: SourceFacts) {
  if (A === undefined || b === undefined || input_mode === null) return undefined
  return kappaFc<tf.Tensor>(kappa => tf.add(pointwise(kappa, A), b), {
    kappa: kappas[input_mode],
    gaussian: gaussian ? (gaussian_mode === 'mean' ? 'mean' : 'mean-variance') : 'off',
    tanh,
  })
}

function sourceOf(parameters: Values, c: SourceFacts): Source<tf.Tensor> {
  const encoder = encoderOf(parameters, c)
  if (encoder === undefined) return standardNormal<tf.Tensor>()
  const mixing = c.interpolate_distributions ? 'distribution' : 'sample'
  return c.mix_w ? mixture(encoder, standardNormal<tf.Tensor>(), { mixing }) : encoder
}

const denoiserOf =
  ({ D, d_t, d_b }: Values): Denoiser<tf.Tensor> =>
  (xt, t) => {
    const ofTime = tf.mul(tf.reshape(t, [-1, 1, 1, 1]), d_t!)
    return tf.add(tf.add(pointwise(xt, D!), ofTime), d_b!)
  }

/** A 1×1 convolution of [N, H, W, C] with a kernel [out, in]. */
function pointwise(x: tf.Tensor, kernel: tf.Tensor): tf.Tensor {
  const pixels = tf.reshape(x, [-1, kernel.shape[1]!])
  const out = tf.matMul(pixels as tf.Tensor2D, kernel as tf.Tensor2D, false, true)
  return tf.reshape(out, [...x.shape.slice(0, -1), kernel.shape[0]!])
}

/** x0 is linear in its noises: its mean is its value without noise, its variance the sum of the squared contributions. */
function momentsOf(
  source: Source<tf.Tensor>,
  { x1, draws }: { readonly x1: tf.Tensor; readonly draws: SourceDraws<tf.Tensor> },
) {
  const zeros = { noise: tf.zerosLike(x1), encoderNoise: tf.zerosLike(x1) }
  const at = (noises: Partial<typeof zeros>) =>
    source.sample(tensorAlgebra, { x1, draws: { ...draws, ...zeros, ...noises } }).x0
  const mean = at({})
  const ones = tf.onesLike(x1)
  const parts = [{ noise: ones }, { encoderNoise: ones }].map(noises => tf.square(tf.sub(at(noises), mean)))
  return { mean, variance: tf.addN(parts) }
}

// ---- sampling ------------------------------------------------------------------------------------------------------

/** The name has all facts: `sampling_source.<input mode>.<moments>.<dist or sample>`. */
function checkSampling(context: Context, name: string, channels: number): void {
  const { fixture, tensors } = context
  const [prefix, mode = '', moments = '', mixing, ...more] = name.split('.')
  if (prefix !== 'sampling_source' || mixing === undefined || more.length > 0) {
    const form = 'sampling_source.<input mode>.<moments>.<dist or sample>'
    throw fixture.invalid(`a case without scalars must be named ${form}`)
  }
  const facts: SourceFacts = {
    input_mode: fixture.known(mode, inputMode.options, 'input mode'),
    gaussian: true,
    gaussian_mode: fixture.known(moments, gaussianMode.options, 'moments'),
    tanh: false,
    mix_w: true,
    interpolate_distributions: fixture.known(mixing, ['dist', 'sample'], 'mixing') === 'dist',
  }
  const inputs = facts.input_mode === 'sample_and_noise' ? 2 * channels : channels
  const outputs = facts.gaussian_mode === 'mean' ? channels : 2 * channels
  const parameters = encoderParameters(context, [`A${inputs}_${outputs}`, `b${outputs}`])
  const { noise, encoderNoise, kappaNoise } = drawsOf(tensors, 0)
  const draws = { noise, encoderNoise, kappaNoise, mixtureWeight: tensorOf(tensors, 'draw.w') }
  const { x0 } = sourceOf(parameters, facts).atSampling.sample(tensorAlgebra, { draws })
  fixture.report.case(name)('x0', nchw(x0), tensors.float32(`${name}.x0`))
}

// ---- minibatch optimal transport -----------------------------------------------------------------------------------

function checkTransport({ fixture, tensors }: Context, ot: z.infer<typeof optimalTransport>): void {
  const [images, columns] = ot.cost_shape
  if (images !== columns || ot.perm.length !== images) {
    throw fixture.invalid('minibatch_ot: the cost matrix is not square, or perm has another length')
  }
  const costs = couplingCosts(tensors.float32('ot.x0'), tensors.float32('ot.x1'), images)
  const { cost } = optimalAssignment(costs)
  const tiny = ot.tiny && Float64Array.from(ot.tiny.cost.flat())
  const permutation = tensors.optional('ot.perm')
  const compare = fixture.report.case('minibatch_ot')
  // several couplings may be optimal, so a permutation is compared by its cost
  for (const [quantity, found, expected] of [
    ['costs', costs, tensors.float64('ot.cost')],
    ['least cost', cost, ot.optimal_cost],
    ['cost without coupling', costOf(costs, [...ot.perm.keys()]), ot.identity_cost],
    ['cost of perm', costOf(costs, ot.perm), cost],
    ['cost of the tensor ot.perm', permutation ? costOf(costs, permutation) : 0, permutation && cost],
    ['least cost, tiny', tiny ? optimalAssignment(tiny).cost : 0, ot.tiny?.optimal_cost],
    ['cost of perm, tiny', tiny ? costOf(tiny, ot.tiny!.perm) : 0, ot.tiny?.optimal_cost],
  ] as const) {
    compare(quantity, found, expected, tolerances.double)
  }
}

/** NaN unless `order` is a permutation. */
function costOf(costs: Float64Array, order: ArrayLike<number>): number {
  const columns = Array.from(order)
  const isPermutation = new Set(columns).size === columns.length && columns.every(column => column in columns)
  if (!isPermutation) return Number.NaN
  return columns.reduce((sum, column, row) => sum + costs[row * columns.length + column]!, 0)
}
