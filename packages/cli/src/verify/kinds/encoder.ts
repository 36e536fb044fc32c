/** The κ-encoder: parameters by name, mean and log-variance, a draw from them, and the gradients of a squared error. */

import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type GaussianKind, type Kappa, kappaFc } from '@mixflow/core'
import { tensorAlgebra } from '@mixflow/train'
import { buildEncoder, countParameters, type EncoderCondition } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'
import { z } from 'zod'
import {
  declaredTensors,
  type Fixture,
  fileBeside,
  invalid,
  openTensors,
  parsed,
  prose,
  readFixtureJson,
  remarks,
  TensorFile,
} from '../fixture.ts'
import { type Report, tolerances } from '../report.ts'
import { compareGradientNumbers, compareGradients, contextOf, loadedParameters, momentsOf } from './networks.ts'
import { gradientsOf, imagesOf, labelsOf, nchw, numbersOf } from './tensors.ts'

const size = z.number().int().positive()
const kappas = {
  ...{ sample_only: 'image', noise_only: 'noise', sample_and_noise: 'image+noise' },
} as const satisfies Record<string, Kappa>

/** What both of the release's encoders are told. */
const common = {
  input_mode: z.enum(Object.keys(kappas) as (keyof typeof kappas)[]),
  ...{ gaussian: z.boolean(), gaussian_mode: z.enum(['mean', 'mean_var']), normalize_output: z.boolean() },
  ...{ sample_size: size, in_channels: size, out_channels: size, layers_per_block: size },
  down_block_types: z.array(z.enum(['DownBlock2D', 'AttnDownBlock2D'])),
  up_block_types: z.array(z.enum(['UpBlock2D', 'AttnUpBlock2D'])),
  ...{ block_out_channels: z.array(size), class_encoder: z.boolean(), num_classes: size.nullable() },
}

/** Without a time embedding and a middle; the release's `initialize` only says how training starts. */
const plainConfig = z.strictObject({
  ...{
    ...common,
    name: z.literal('unet'),
    mid_block_type: z.null(),
    initialize: prose,
    skip_connection: z.literal(false),
  },
})

/** diffusers' UNet2DModel; what is not ours to choose must be as in the release. */
const wholeConfig = z.strictObject({
  ...{ ...common, name: z.literal('unet_class_cond'), center_input_sample: z.literal(false) },
  ...{ time_embedding_type: z.literal('positional'), freq_shift: z.literal(0), flip_sin_to_cos: z.literal(true) },
  ...{ mid_block_scale_factor: z.literal(1), downsample_padding: z.literal(1), downsample_type: z.literal('conv') },
  ...{ upsample_type: z.literal('conv'), dropout: z.literal(0), act_fn: z.literal('silu'), attention_head_dim: size },
  ...{ norm_num_groups: z.literal(32), attn_norm_num_groups: z.null(), norm_eps: z.literal(1e-5) },
  ...{ resnet_time_scale_shift: z.literal('default'), add_attention: z.literal(true), class_embed_type: z.null() },
  ...{ num_class_embeds: size.nullable(), num_train_timesteps: z.null() },
})

export const encoderConfig = z.discriminatedUnion('name', [plainConfig, wholeConfig])
type EncoderConfig = z.infer<typeof encoderConfig>

/** The second where the encoder gives its mean alone. */
const losses = ['mean((mean-target_mean)^2)+mean((log_var-target_log_var)^2)', 'mean((mean-target_mean)^2)'] as const

const schema = z.strictObject({
  ...{ ...remarks, group: z.literal('encoder'), case: z.string(), config: encoderConfig },
  files: z.strictObject({ weights: z.string(), io: z.string() }),
  ...{ base_weights: z.string().nullish(), weights_here: declaredTensors, io_tensors: declaredTensors },
  ...{ state_dict_names_in_order: z.array(z.string()), parameter_count: z.number() },
  scalars: z.strictObject({
    loss: z.number(),
    loss_definition: z.enum(losses),
    ...{ mean_std: z.number().optional(), log_var_std: z.number().optional() },
  }),
  sample_rule: prose,
  grad_l2_norm_per_parameter: z.record(z.string(), z.number()).default({}),
  parameters_without_gradient: z.array(z.string()).default([]),
})

/** What a checkpoint's fixture says of a `unet` encoder; the rest is as in the release. */
export const encoderSummary = plainConfig.pick({
  ...{ name: true, input_mode: true, gaussian_mode: true, block_out_channels: true, layers_per_block: true },
  ...{ down_block_types: true, up_block_types: true },
})

/** The release's head width where a configuration has none. */
const headChannels = 8
const prefix = 'network.'

export function encoderOf(c: EncoderConfig, file: string) {
  const attention = c.down_block_types.flatMap((type, level) => (type === 'AttnDownBlock2D' ? [level] : []))
  const mirrored = c.down_block_types.map(type => type.replace('Down', 'Up')).reverse()
  if (mirrored.join() !== c.up_block_types.join())
    throw invalid(file, 'config: up_block_types do not mirror down_block_types')
  if (c.block_out_channels.length !== mirrored.length)
    throw invalid(file, 'config: block_out_channels and down_block_types differ in length')
  if (c.class_encoder !== (c.num_classes !== null))
    throw invalid(file, 'config: class_encoder and num_classes go together')
  const whole = c.name === 'unet_class_cond'
  if (whole && c.class_encoder) throw invalid(file, 'config: unet_class_cond has no class_encoder here')
  const kappa: Kappa = c.class_encoder ? 'label' : kappas[c.input_mode]
  if (kappa === 'image+noise' ? c.in_channels !== 2 * c.out_channels : c.in_channels !== c.out_channels) {
    throw invalid(
      file,
      `config: in_channels ${c.in_channels} do not go with out_channels ${c.out_channels} and ${c.input_mode}`,
    )
  }
  const gaussian: GaussianKind = c.gaussian ? (c.gaussian_mode === 'mean' ? 'mean' : 'mean-variance') : 'off'
  return {
    kappa,
    gaussian,
    // the other of the two ignores it
    tanh: c.name === 'unet' && c.normalize_output,
    choice: {
      kind: 'diffusers-unet' as const,
      options: {
        ...{ channels: c.block_out_channels, blocks: c.layers_per_block, attention },
        headChannels: whole ? c.attention_head_dim : headChannels,
        ...{ middle: whole, timeEmbedding: whole, classEmbedding: whole && c.num_class_embeds !== null },
      },
    },
    context: contextOf(c.sample_size, c.out_channels, {
      ...{ kappa, gaussian, classes: c.num_classes ?? (whole ? c.num_class_embeds : null) ?? 0 },
    }),
  }
}

export async function checkEncoder(fixture: Fixture, report: Report): Promise<void> {
  const json = parsed(fixture, schema)
  const subject = `encoder ${json.case}`
  openTensors(fixture, json.files.weights).declared(json.weights_here)
  const weights = weightsOf(fixture, json)
  const io = openTensors(fixture, json.files.io).declared(json.io_tensors)
  const { choice, context, kappa: kind, gaussian, tanh } = encoderOf(json.config, fixture.file)
  if (gaussian === 'off') throw invalid(fixture.file, 'config: an encoder that is not gaussian has no mean to compare')
  const { parameters, apply } = buildEncoder(choice, context)
  tf.tidy(() => {
    const given = loadedParameters({ parameters, weights, prefix, report, subject }, json.state_dict_names_in_order)
    const compare = (quantity: string, found: tf.Tensor | number, expected: Float32Array | number) =>
      report.compare(subject, quantity, {
        found: typeof found === 'number' ? found : numbersOf(found),
        ...{ expected, tolerance: tolerances.output },
      })
    const all = { found: countParameters(parameters), expected: json.parameter_count, tolerance: tolerances.exact }
    report.compare(subject, 'number of parameters', all)

    const label = io.has('input.class_labels') ? labelsOf(io, 'input.class_labels') : undefined
    const byLabel = kind === 'label'
    const condition: EncoderCondition = choice.options.classEmbedding ? { label } : {}
    const image = imagesOf(io, 'input.x')
    const noise = io.has('input.input_noise') ? imagesOf(io, 'input.input_noise') : undefined
    /** The encoder of these weights, in a source that makes κ of images, noise and labels. */
    const source = (values: Readonly<Record<string, tf.Tensor>>) =>
      kappaFc<tf.Tensor>(kappa => apply(values, kappa, condition), { kappa: kind, gaussian, tanh })
    // with κ = noise, the input itself is the noise
    const inputOf = (x: tf.Tensor) => ({
      ...{
        x1: x,
        label,
        draws: { kappaNoise: kind === 'noise' ? x : noise, encoderNoise: imagesOf(io, 'input.epsilon') },
      },
    })
    const { x0, gaussian: predicted } = source(given).sample(tensorAlgebra, inputOf(image))
    const mean = predicted?.mean as tf.Tensor
    const logVariance = predicted?.logVariance ?? tf.zerosLike(mean)
    compare('output.mean', nchw(mean), io.float32('output.mean'))
    if (gaussian !== 'mean' || io.has('output.log_var')) {
      compare('output.log_var', nchw(logVariance), io.float32('output.log_var'))
    }
    compare('output.sample', nchw(x0), io.float32('output.sample'))
    const { mean_std, log_var_std } = json.scalars
    if (mean_std !== undefined) compare('deviation of the mean', momentsOf(numbersOf(mean)).deviation, mean_std)
    if (log_var_std !== undefined)
      compare('deviation of log_var', momentsOf(numbersOf(logVariance)).deviation, log_var_std)

    const withVariance = json.scalars.loss_definition === losses[0]
    const off = (found: tf.Tensor, target: string) => tf.mean(tf.squaredDifference(found, imagesOf(io, target)))
    const loss = (values: Readonly<Record<string, tf.Tensor>>) => {
      const found = source(values).encode(tensorAlgebra, inputOf(values.x as tf.Tensor))
      const ofMean = off(found.mean, 'input.target_mean')
      if (!withVariance) return ofMean
      return tf.add(ofMean, off(found.logVariance ?? tf.zerosLike(found.mean), 'input.target_log_var'))
    }
    compare('loss', loss({ ...given, x: image }), json.scalars.loss)
    const { x: ofImage, ...own } = gradientsOf(loss, { ...given, x: image })
    const gradients = Object.fromEntries(Object.entries(own).map(([name, gradient]) => [prefix + name, gradient]))
    const rows = rowsOf(gradients, io)
    const compared = {
      report,
      subject,
      gradients: { ...gradients, ...rows, ...(byLabel ? {} : { x: nchw(ofImage as tf.Tensor) }) },
    }
    compareGradients(compared, io)
    const none = Object.fromEntries(json.parameters_without_gradient.map(name => [name, 0]))
    const lengths = { ...none, ...json.grad_l2_norm_per_parameter }
    compareGradientNumbers(compared, { lengths, file: fixture.file })
  })
  io.listUnread(report, 'it is no input or output that is known')
  weights.listUnread(report, 'the network has no such parameter')
}

/** `grad.<name>.rows_2_7`: rows of a table, whose others are zero. */
function rowsOf(gradients: Readonly<Record<string, tf.Tensor>>, io: TensorFile): Record<string, tf.Tensor> {
  return Object.fromEntries(
    io.names.flatMap(key => {
      const match = /^grad\.((.+)\.rows_(\d+(?:_\d+)*))$/.exec(key)
      const table = match === null ? undefined : gradients[match[2] as string]
      if (match === null || table === undefined) return []
      const rows = (match[3] as string).split('_').map(Number)
      return [[match[1] as string, tf.gather(table, tf.tensor1d(rows, 'int32'))]]
    }),
  )
}

type Weights = Pick<z.infer<typeof schema>, 'files' | 'base_weights'>

/** A case may hold only the weights in which it differs from another case beside it. */
function weightsOf(fixture: Fixture, { files, base_weights: base }: Weights, seen: readonly string[] = []): TensorFile {
  const path = fileBeside(fixture, files.weights)
  if (base === null || base === undefined) return new TensorFile(path)
  if (seen.includes(base)) throw invalid(fixture.file, `the cases ${seen.join(', ')} stand on one another`)
  const folder = dirname(fixture.file)
  const others = readdirSync(folder).filter(name => name.endsWith('.json'))
  const found = others
    .map(name => ({
      file: join(folder, name),
      json: readFixtureJson(join(folder, name)) as Partial<Weights & { group: string; case: string }>,
    }))
    .find(({ json }) => json?.group === 'encoder' && json.case === base)
  if (found === undefined) {
    // its weights may have come along without it: "… all other tensors come from <file>"
    const [, other] = /come from (\S+\.safetensors)/.exec(files.weights) ?? []
    if (other !== undefined) return new TensorFile(path, new TensorFile(fileBeside(fixture, other)))
    throw invalid(fixture.file, `base_weights: there is no case "${base}" in ${basename(folder)}`)
  }
  return new TensorFile(path, weightsOf(found, found.json as Weights, [...seen, base]))
}
