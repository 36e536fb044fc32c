/**
 * What the fixtures of both networks share: the reference's configurations as options of ours, parameters by name and shape, and gradients.
 * Gradients that are zero in theory are compared with the largest gradient of the fixture.
 */

import { countParameters, type NetworkContext, networkContext, type ParameterSpec } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'
import { z } from 'zod'
import * as f from '../fields.ts'
import type { Fixture, TensorFile } from '../fixture.ts'
import { type Tolerance, tolerances } from '../report.ts'
import { numbersOf, type Values } from './tensors.ts'

/** Of the denoiser. What mixflow does not support must be as in the released networks. */
export const songUnetConfig = f.strict({
  ...f.constants({ name: 'songunet', augment_dim: 0, embedding_type: 'positional', channel_mult_noise: 1 }),
  ...f.constants({ encoder_type: 'standard', decoder_type: 'standard' }),
  ...f.each(f.size, 'img_resolution in_channels out_channels model_channels channel_mult_emb num_blocks'),
  ...f.each(z.array(f.size), 'channel_mult attn_resolutions'),
  ...f.each(f.number, 'dropout label_dropout'),
  label_dim: f.count,
  resample_filter: z.tuple([z.literal(1), z.literal(1)]),
  activate_w_mode: z.boolean(),
})
export type SongUnetConfig = z.infer<typeof songUnetConfig>

export function songUnetOf(c: SongUnetConfig, fixture: Fixture) {
  if (c.in_channels !== c.out_channels) throw fixture.invalid('config: in_channels and out_channels differ')
  return {
    choice: {
      kind: 'song-unet' as const,
      options: {
        modelChannels: c.model_channels,
        multipliers: c.channel_mult,
        embeddingMultiplier: c.channel_mult_emb,
        blocks: c.num_blocks,
        attentionResolutions: c.attn_resolutions,
        dropout: c.dropout,
      },
    },
    context: contextOf(c.img_resolution, c.in_channels, { classes: c.label_dim, conditionOnWeight: c.activate_w_mode }),
  }
}

export function contextOf(edge: number, channels: number, changes: Partial<NetworkContext>): NetworkContext {
  const image = { channels, height: edge, width: edge }
  return { ...networkContext({ image, labels: null, source: null }), ...changes }
}

/** Parameter files of the reference also contain constant filters. */
export const isFilter = (name: string): boolean => name.endsWith('.resample_filter')

interface NamedParameters {
  readonly parameters: readonly ParameterSpec[]
  readonly file: TensorFile
  /** Before the names of ours in the fixture. */
  readonly prefix: string
  /** Names in the fixture, in order. */
  readonly names: readonly string[]
  readonly total: number
}

/** Compares names, order, shapes and number of the parameters, and loads them. */
export function loadParameters(
  fixture: Fixture,
  subject: string,
  { parameters, file, prefix, names, total }: NamedParameters,
): Record<string, tf.Tensor> {
  const { report } = fixture
  const ours = parameters.map(({ name }) => prefix + name)
  const misplaced = names.find((name, i) => ours[i] !== name) ?? ours[names.length]
  if (misplaced !== undefined) {
    throw fixture.invalid(`the parameters are not those of the network; the first difference is at ${misplaced}`)
  }
  const shapes = parameters.map(({ name, shape }) => {
    const expected = [...file.shape(prefix + name)]
    return { name, found: [...shape], expected, tolerance: tolerances.exact }
  })
  report.worst(subject, 'shape of', shapes)
  report.case(subject)('number of parameters', countParameters(parameters), total, tolerances.exact)
  return Object.fromEntries(
    parameters.map(({ name, shape }) => [name, tf.tensor(file.float32(prefix + name), [...shape])]),
  )
}

/** Below this fraction of the largest gradient, a gradient is considered zero in theory. */
const negligible = 1e-5
const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0)

interface Gradients {
  /** Ours, with the names and shapes of the fixture. */
  readonly gradients: Values
  /** Has whole gradients as `grad.<name>`. */
  readonly io: TensorFile
  /** By parameter: the L2 norm, and where the fixture has them the sums of the gradients. */
  readonly norms: Readonly<Record<string, number>>
  readonly sums?: Readonly<Record<string, number>>
}

export function compareGradients(
  fixture: Fixture,
  subject: string,
  { gradients, io, norms, sums = {} }: Gradients,
): void {
  const { report } = fixture
  const gradientOf = (name: string): Float32Array => {
    const gradient = gradients[name]
    if (gradient === undefined) throw fixture.invalid(`it has a gradient of ${name}, which the network does not have`)
    return numbersOf(gradient)
  }
  const compare = report.case(subject)
  const whole = io.names.filter(name => name.startsWith('grad.')).map(name => [name, io.float32(name)] as const)
  const most = Math.max(...whole.filter(([name]) => name !== 'grad.x').map(([, values]) => largest(values)))
  for (const [name, expected] of whole) {
    const isZero = name !== 'grad.x' && largest(expected) < negligible * most
    const tolerance: Tolerance = isZero ? { absolute: negligible * most } : tolerances.gradient
    const quantity = isZero ? `${name}, zero in theory` : name
    compare(quantity, gradientOf(name.slice('grad.'.length)), expected, tolerance)
  }

  const longest = Math.max(...Object.values(norms))
  const ofNorms = Object.entries(norms).map(([name, expected]) => {
    const tolerance = expected < negligible * longest ? { absolute: negligible * longest } : tolerances.gradient
    return { name, found: Math.hypot(...gradientOf(name)), expected, tolerance }
  })
  report.worst(subject, 'length of the gradient of', ofNorms)
  // terms may cancel, so the tolerance follows from the norm
  const ofSums = Object.entries(sums).map(([name, expected]) => {
    const values = gradientOf(name)
    const scale = Math.sqrt(values.length) * Math.max(norms[name] ?? 0, negligible * longest)
    const found = values.reduce((sum, value) => sum + value, 0)
    return { name, found, expected, tolerance: { absolute: tolerances.gradient.relative * scale } }
  })
  report.worst(subject, 'sum of the gradient of', ofSums)
}

/** Mean and standard deviation (n − 1). */
export function momentsOf(x: tf.Tensor): { mean: number; deviation: number } {
  const values = numbersOf(x)
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) }
}
