/**
 * What fixtures of both networks have in common: the release's configurations as our options, parameters by name and
 * shape, and gradients, of which those that are zero in theory are compared with the largest of their file.
 */

import { type NetworkContext, networkContext, type ParameterSpec } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'
import { z } from 'zod'
import { invalid, type TensorFile } from '../fixture.ts'
import { type Report, type Tolerance, tolerances } from '../report.ts'
import { numbersOf } from './tensors.ts'

const size = z.number().int().positive()
const count = z.number().int().min(0)

/** The denoiser's; what is not ours to choose must be as in the released networks. */
export const songUnetConfig = z.strictObject({
  ...{ name: z.literal('songunet'), img_resolution: size, in_channels: size, out_channels: size },
  ...{ label_dim: count, augment_dim: z.literal(0), model_channels: size, channel_mult: z.array(size) },
  ...{ channel_mult_emb: size, num_blocks: size, attn_resolutions: z.array(size), dropout: z.number() },
  // how often training leaves labels out
  label_dropout: z.number(),
  ...{ embedding_type: z.literal('positional'), channel_mult_noise: z.literal(1) },
  ...{ encoder_type: z.literal('standard'), decoder_type: z.literal('standard') },
  ...{ resample_filter: z.tuple([z.literal(1), z.literal(1)]), activate_w_mode: z.boolean() },
})
export type SongUnetConfig = z.infer<typeof songUnetConfig>

export function songUnetOf(c: SongUnetConfig, file: string) {
  if (c.in_channels !== c.out_channels) throw invalid(file, 'config: in_channels and out_channels differ')
  return {
    choice: {
      kind: 'song-unet' as const,
      options: {
        ...{ modelChannels: c.model_channels, multipliers: c.channel_mult, embeddingMultiplier: c.channel_mult_emb },
        ...{ blocks: c.num_blocks, attentionResolutions: c.attn_resolutions, dropout: c.dropout },
      },
    },
    context: contextOf(c.img_resolution, c.in_channels, { classes: c.label_dim, conditionOnWeight: c.activate_w_mode }),
  }
}

export function contextOf(edge: number, channels: number, changes: Partial<NetworkContext>): NetworkContext {
  const image = { channels, height: edge, width: edge }
  return { ...networkContext({ image, labels: null, source: null }), ...changes }
}

export interface NamedParameters {
  readonly parameters: readonly ParameterSpec[]
  readonly weights: TensorFile
  /** What stands before our names in the fixture. */
  readonly prefix: string
  readonly report: Report
  readonly subject: string
}

/** Names, order and shapes of ours against those of the fixture; then the weights. */
export function loadedParameters(
  { parameters, weights, prefix, report, subject }: NamedParameters,
  expected: readonly string[],
): Record<string, tf.Tensor> {
  const names = parameters.map(({ name }) => prefix + name)
  const misplaced = expected.filter((name, i) => names[i] !== name)
  if (misplaced.length > 0 || names.length !== expected.length) {
    const other = misplaced[0] ?? names[expected.length]
    throw invalid(
      weights.path,
      `the parameters are not those of the network; the first that is out of place is ${other}`,
    )
  }
  const shapes = parameters.map(({ name, shape }) => {
    const own = weights.shape(prefix + name)
    return { name, found: [...shape], expected: [...own], tolerance: tolerances.exact }
  })
  report.compareAll(subject, 'shape of', shapes)
  return Object.fromEntries(
    parameters.map(({ name, shape }) => [name, tf.tensor(weights.float32(prefix + name), [...shape])]),
  )
}

export interface GradientComparison {
  readonly report: Report
  readonly subject: string
  /** Ours, by the fixture's names, shaped as there. */
  readonly gradients: Readonly<Record<string, tf.Tensor>>
}

const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
/** Below this share of the largest of all, a gradient is taken for one that is zero in theory. */
const nothing = 1e-5

/** Whole gradients, `grad.<name>` in the file. */
export function compareGradients({ report, subject, gradients }: GradientComparison, io: TensorFile): void {
  const names = io.names.filter(name => name.startsWith('grad.'))
  const expected = new Map(names.map(name => [name, io.float32(name)]))
  const most = Math.max(...[...expected].filter(([name]) => name !== 'grad.x').map(([, values]) => largest(values)))
  for (const [name, values] of expected) {
    const gradient = gradients[name.slice('grad.'.length)]
    if (gradient === undefined) throw invalid(io.path, `${name} is the gradient of nothing that the network has`)
    const isZero = name !== 'grad.x' && largest(values) < nothing * most
    const tolerance: Tolerance = isZero ? { absolute: nothing * most } : tolerances.gradient
    report.compare(subject, isZero ? `${name}, zero in theory` : name, {
      found: numbersOf(gradient),
      expected: values,
      tolerance,
    })
  }
}

export type ByParameter = Readonly<Record<string, number>>

/** Lengths, and sums where there are some, of every parameter's gradient. */
export function compareGradientNumbers(
  { report, subject, gradients }: GradientComparison,
  {
    lengths,
    sums = {},
    file,
  }: { readonly lengths: ByParameter; readonly sums?: ByParameter | undefined; readonly file: string },
): void {
  const longest = Math.max(...Object.values(lengths))
  const of = (name: string): Float32Array => {
    const gradient = gradients[name]
    if (gradient === undefined) throw invalid(file, `there is a gradient of ${name}, which the network has not`)
    return numbersOf(gradient)
  }
  const compared = Object.entries(lengths).map(([name, expected]) => ({
    ...{ name, found: Math.hypot(...of(name)), expected },
    tolerance: expected < nothing * longest ? { absolute: nothing * longest } : tolerances.gradient,
  }))
  report.compareAll(subject, 'length of the gradient of', compared)
  // what cancels in a sum is judged by what went in
  const summed = Object.entries(sums).map(([name, expected]) => {
    const values = of(name)
    const scale = Math.sqrt(values.length) * Math.max(lengths[name] ?? 0, nothing * longest)
    const found = values.reduce((sum, value) => sum + value, 0)
    return { name, found, expected, tolerance: { absolute: tolerances.gradient.relative * scale } }
  })
  report.compareAll(subject, 'sum of the gradient of', summed)
}

/** Mean and deviation (n − 1) of an output, which the JSON may give. */
export function momentsOf(values: Float32Array): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) }
}
