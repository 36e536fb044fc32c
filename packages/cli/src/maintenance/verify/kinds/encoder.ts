/** The κ encoder: parameters by name, mean and log-variance, a sample, and the gradients of a squared error. */

import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type GaussianKind, type Kappa, kappaFc } from '@mixflow/core'
import { tensorAlgebra } from '@mixflow/train'
import { buildEncoder, type EncoderCondition } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'
import { z } from 'zod'
import * as f from '../fields.ts'
import { Fixture, TensorFile } from '../fixture.ts'
import { gaussianMode, inputMode, kappas } from './loss.ts'
import { compareGradients, contextOf, loadParameters, momentsOf } from './networks.ts'
import { gradientsOf, imagesOf, labelsOf, nchw, type Values } from './tensors.ts'

/** Of both encoders of the reference. */
const common = {
  input_mode: inputMode,
  gaussian_mode: gaussianMode,
  ...f.each(z.boolean(), 'gaussian normalize_output class_encoder'),
  ...f.each(f.size, 'sample_size in_channels out_channels layers_per_block'),
  down_block_types: z.array(z.enum(['DownBlock2D', 'AttnDownBlock2D'])),
  up_block_types: z.array(z.enum(['UpBlock2D', 'AttnUpBlock2D'])),
  block_out_channels: z.array(f.size),
  num_classes: f.size.nullable(),
}

/** Without time embedding and middle block. `initialize` concerns only the start of training. */
const plainConfig = f.strict(
  { ...common, name: z.literal('unet'), skip_connection: z.literal(false), mid_block_type: z.null() },
  'initialize',
)

/** diffusers' UNet2DModel. What mixflow does not support must be as in the reference. */
const wholeConfig = f.strict({
  ...common,
  name: z.literal('unet_class_cond'),
  ...f.constants({
    center_input_sample: false,
    add_attention: true,
    dropout: 0,
    act_fn: 'silu',
  }),
  ...f.constants({ time_embedding_type: 'positional', freq_shift: 0, flip_sin_to_cos: true, norm_num_groups: 32 }),
  ...f.constants({ downsample_type: 'conv', downsample_padding: 1, upsample_type: 'conv', mid_block_scale_factor: 1 }),
  ...f.constants({ norm_eps: 1e-5, resnet_time_scale_shift: 'default' }),
  ...f.each(z.null(), 'attn_norm_num_groups class_embed_type num_train_timesteps'),
  attention_head_dim: f.size,
  num_class_embeds: f.size.nullable(),
})

const encoderConfig = z.discriminatedUnion('name', [plainConfig, wholeConfig])
type EncoderConfig = z.infer<typeof encoderConfig>

/** With and without log-variance. */
const losses = ['mean((mean-target_mean)^2)+mean((log_var-target_log_var)^2)', 'mean((mean-target_mean)^2)'] as const

const schema = f.fixture({
  case: z.string(),
  config: encoderConfig,
  files: f.strict({ weights: z.string(), io: z.string() }),
  base_weights: z.string().nullish(),
  ...f.each(f.tensors, 'weights_here io_tensors'),
  state_dict_names_in_order: z.array(z.string()),
  parameter_count: f.number,
  scalars: f.strict({
    loss: f.number,
    loss_definition: z.enum(losses),
    ...f.each(f.number.optional(), 'mean_std log_var_std'),
  }),
  grad_l2_norm_per_parameter: f.numbers.default({}),
  parameters_without_gradient: z.array(z.string()).default([]),
  sample_rule: f.note,
})

/** What the fixture of a checkpoint says about its encoder; the rest is as in the reference. */
export const encoderSummary = plainConfig.pick({
  name: true,
  input_mode: true,
  gaussian_mode: true,
  block_out_channels: true,
  layers_per_block: true,
  down_block_types: true,
  up_block_types: true,
})

/** The reference's, where a configuration has none. */
const defaultHeadChannels = 8
const prefix = 'network.'

export function encoderOf(c: EncoderConfig, fixture: Fixture) {
  const whole = c.name === 'unet_class_cond' ? c : null
  const kappa: Kappa = c.class_encoder ? 'label' : kappas[c.input_mode]
  const mirrored = c.down_block_types.map(type => type.replace('Down', 'Up')).reverse()
  const problems: Readonly<Record<string, boolean>> = {
    'up_block_types do not mirror down_block_types': mirrored.join() !== c.up_block_types.join(),
    'block_out_channels and down_block_types differ in length': c.block_out_channels.length !== mirrored.length,
    'class_encoder requires num_classes, and vice versa': c.class_encoder !== (c.num_classes !== null),
    'unet_class_cond does not support class_encoder': whole !== null && c.class_encoder,
    [`${c.input_mode} does not allow in_channels ${c.in_channels} with out_channels ${c.out_channels}`]:
      c.in_channels !== (kappa === 'image+noise' ? 2 : 1) * c.out_channels,
  }
  const problem = Object.keys(problems).find(key => problems[key])
  if (problem !== undefined) throw fixture.invalid(`config: ${problem}`)
  const gaussian: GaussianKind = c.gaussian ? (c.gaussian_mode === 'mean' ? 'mean' : 'mean-variance') : 'off'
  const classEmbeddings = whole?.num_class_embeds ?? null
  return {
    kappa,
    gaussian,
    // unet_class_cond ignores it
    tanh: whole === null && c.normalize_output,
    choice: {
      kind: 'diffusers-unet' as const,
      options: {
        channels: c.block_out_channels,
        blocks: c.layers_per_block,
        attention: c.down_block_types.flatMap((type, level) => (type === 'AttnDownBlock2D' ? [level] : [])),
        headChannels: whole?.attention_head_dim ?? defaultHeadChannels,
        middle: whole !== null,
        timeEmbedding: whole !== null,
        classEmbedding: classEmbeddings !== null,
      },
    },
    context: contextOf(c.sample_size, c.out_channels, {
      kappa,
      gaussian,
      classes: c.num_classes ?? classEmbeddings ?? 0,
    }),
  }
}

export async function checkEncoder(fixture: Fixture): Promise<void> {
  const json = fixture.parse(schema)
  const { files, scalars } = json
  const subject = `encoder ${json.case}`
  const compare = fixture.report.case(subject)
  fixture.open(files.weights, json.weights_here)
  const file = parametersOf(fixture, json)
  const io = fixture.open(files.io, json.io_tensors)
  const { choice, context, kappa, gaussian, tanh } = encoderOf(json.config, fixture)
  if (gaussian === 'off') throw fixture.invalid('config: an encoder without "gaussian" has no mean to compare')
  const { parameters, apply } = buildEncoder(choice, context)
  tf.tidy(() => {
    const { state_dict_names_in_order: names, parameter_count: total } = json
    const values = loadParameters(fixture, subject, { parameters, file, prefix, names, total })
    const label = io.has('input.class_labels') ? labelsOf(io, 'input.class_labels') : undefined
    const condition: EncoderCondition = choice.options.classEmbedding ? { label } : {}
    const image = imagesOf(io, 'input.x')
    const noise = io.has('input.input_noise') ? imagesOf(io, 'input.input_noise') : undefined
    const source = (current: Values) =>
      kappaFc<tf.Tensor>(input => apply(current, input, condition), { kappa, gaussian, tanh })
    // for κ = noise, the input x is the noise
    const inputOf = (x: tf.Tensor) => ({
      x1: x,
      label,
      draws: { kappaNoise: kappa === 'noise' ? x : noise, encoderNoise: imagesOf(io, 'input.epsilon') },
    })
    const { x0, gaussian: predicted } = source(values).sample(tensorAlgebra, inputOf(image))
    const mean = predicted!.mean
    const logVariance = predicted!.logVariance ?? tf.zerosLike(mean)
    compare('output.mean', nchw(mean), io.float32('output.mean'))
    if (gaussian !== 'mean' || io.has('output.log_var')) {
      compare('output.log_var', nchw(logVariance), io.float32('output.log_var'))
    }
    compare('output.sample', nchw(x0), io.float32('output.sample'))
    compare('deviation of the mean', momentsOf(mean).deviation, scalars.mean_std)
    compare('deviation of log_var', momentsOf(logVariance).deviation, scalars.log_var_std)

    const squaredError = (found: tf.Tensor, target: string) =>
      tf.mean(tf.squaredDifference(found, imagesOf(io, target)))
    const loss = (current: Values) => {
      const found = source(current).encode(tensorAlgebra, inputOf(current.x!))
      const ofMean = squaredError(found.mean, 'input.target_mean')
      if (scalars.loss_definition !== losses[0]) return ofMean
      return tf.add(ofMean, squaredError(found.logVariance ?? tf.zerosLike(found.mean), 'input.target_log_var'))
    }
    compare('loss', loss({ ...values, x: image }), scalars.loss)
    const { x: ofImage, ...ofParameters } = gradientsOf(loss, { ...values, x: image })
    const gradients = Object.fromEntries(
      Object.entries(ofParameters).map(([name, gradient]) => [prefix + name, gradient]),
    )
    const zeros = Object.fromEntries(json.parameters_without_gradient.map(name => [name, 0]))
    compareGradients(fixture, subject, {
      gradients: { ...gradients, ...rowsOf(gradients, io), ...(kappa === 'label' ? {} : { x: nchw(ofImage!) }) },
      io,
      norms: { ...zeros, ...json.grad_l2_norm_per_parameter },
    })
  })
  io.reportUnread(fixture, 'it is not a known input or output')
  file.reportUnread(fixture, 'the network has no such parameter')
}

/** `grad.<name>.rows_2_7`: some rows of the gradient of an embedding. */
function rowsOf(gradients: Values, io: TensorFile): Record<string, tf.Tensor> {
  const rows: Record<string, tf.Tensor> = {}
  for (const key of io.names) {
    const [, name = '', table = '', indices = ''] = /^grad\.((.+)\.rows_(\d+(?:_\d+)*))$/.exec(key) ?? []
    const gradient = gradients[table]
    if (gradient === undefined) continue
    rows[name] = tf.gather(gradient, tf.tensor1d(indices.split('_').map(Number), 'int32'))
  }
  return rows
}

type Parameters = Pick<z.infer<typeof schema>, 'files' | 'base_weights'>

/** A case may store only the parameters that differ from another case in the same folder. */
function parametersOf(
  fixture: Fixture,
  { files, base_weights: base }: Parameters,
  seen: readonly string[] = [],
): TensorFile {
  const path = fixture.beside(files.weights)
  if (base === null || base === undefined) return new TensorFile(path)
  if (seen.includes(base)) throw fixture.invalid(`the cases ${seen.join(', ')} refer to each other`)
  const folder = dirname(fixture.path)
  const found = readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .map(name => new Fixture(join(folder, name)))
    .find(({ json }) => {
      const { group, case: name } = (json ?? {}) as { group?: unknown; case?: unknown }
      return group === 'encoder' && name === base
    })
  if (found !== undefined) {
    return new TensorFile(path, parametersOf(found, found.json as Parameters, [...seen, base]))
  }
  // the file may be there without its case: "… all other tensors come from <file>"
  const [, other] = /come from (\S+\.safetensors)/.exec(files.weights) ?? []
  if (other !== undefined) return new TensorFile(path, new TensorFile(fixture.beside(other)))
  throw fixture.invalid(`base_weights: there is no case "${base}" in ${basename(folder)}`)
}
