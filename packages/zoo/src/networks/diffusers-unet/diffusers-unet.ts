/**
 * The paper's κ-encoder: the U-Net of Hugging Face's diffusers (UNet2DModel) with its parameter names, so that released parameters
 * load by name. The released encoder has neither time embedding nor middle block; both, and a class embedding, are options. κ is an
 * image, noise, an image concatenated with noise, or a label, which selects an image from a learned table.
 */

import { encoderChannels } from '@mixflow/core/internal'
import * as tf from '@tensorflow/tfjs-core'
import { conv, labelImages, linear, silu, upsample } from '../layers.ts'
import {
  type EncoderCondition,
  type EncoderNetwork,
  type ParameterSpec,
  type Parameters,
  parameter,
} from '../network.ts'
import { joinChannels } from '../sums.ts'
import type { NetworkContext } from '../unet-options.ts'
import { attention, norm, resnet } from './diffusers-blocks.ts'
import { checkDiffusersUnetOptions, type DiffusersUnetOptions } from './diffusers-unet-options.ts'

export function diffusersUnet(value: unknown, context: NetworkContext): EncoderNetwork {
  const options = checkDiffusersUnetOptions(value, context)
  const { input, output } = encoderChannels(context, context.image.channels)
  const finest = options.channels[0] as number
  const entry = conv('conv_in', { from: input, to: finest, kernel: 3 })
  const embedding = timeEmbedding(options, context)
  const body = unetBody(options, embedding.width)
  const lastNorm = norm('conv_norm_out', finest, { silu: true })
  const exit = conv('conv_out', { from: finest, to: output, kernel: 3 })
  // the class embedding has the name that the table has in released encoders, which have no class embedding
  const tableName = options.classEmbedding ? 'label_image.weight' : undefined
  const table = context.kappa === 'label' ? labelImages(context, tableName) : null

  const parts = [entry, embedding, body, lastNorm, exit, table]
  return {
    parameters: parts.flatMap<ParameterSpec>(part => part?.parameters ?? []),
    takesLabel: options.classEmbedding,
    apply(parameters, kappa, condition = {}) {
      const image = table === null ? (kappa as tf.Tensor4D) : table.apply(parameters, kappa)
      const embedded = embedding.apply(parameters, condition)
      const h = body.apply(parameters, entry.apply(parameters, image), embedded)
      return exit.apply(parameters, lastNorm.apply(parameters, h))
    },
  }
}

/** SiLU of the embedding of time 0 (cosines 1, then sines 0) plus the class embedding, if any; or null. */
function timeEmbedding(
  { channels, timeEmbedding: has, classEmbedding }: DiffusersUnetOptions,
  { classes }: NetworkContext,
) {
  const base = channels[0] as number
  const width = 4 * base
  const linear1 = linear('time_embedding.linear_1', { from: base, to: width })
  const linear2 = linear('time_embedding.linear_2', { from: width, to: width })
  const table = 'class_embedding.weight'
  const rows: ParameterSpec = { name: table, shape: [classes, width], initial: { kind: 'normal', deviation: 1 } }

  // one row for all images unless there are labels
  const apply = (values: Parameters, { label }: EncoderCondition): tf.Tensor2D | null => {
    if (!has) return null
    const start = tf.concat([tf.ones([1, base / 2]), tf.zeros([1, base / 2])], 1) as tf.Tensor2D
    const time = linear2.apply(values, silu(linear1.apply(values, start)))
    if (!classEmbedding || label === undefined) return silu(time)
    const hot = tf.cast(tf.oneHot(label, classes), 'float32') as tf.Tensor2D
    return silu(tf.add(time, tf.matMul(hot, parameter(values, table) as tf.Tensor2D)))
  }
  const parameters = has ? [...linear1.parameters, ...linear2.parameters, ...(classEmbedding ? [rows] : [])] : []
  return { parameters, width: has ? width : 0, apply }
}

type Step = (values: Parameters, state: State) => void

/** The features, and the skips so far. */
interface State {
  x: tf.Tensor4D
  readonly skips: tf.Tensor4D[]
  readonly embedded: tf.Tensor2D | null
}

/** All levels, down and up. Input and output have the channels of the finest level. */
function unetBody(
  { channels, blocks, attention: attended, headChannels, middle }: DiffusersUnetOptions,
  embedding: number,
) {
  const coarsest = channels.length - 1
  const widths = [channels[0] as number]
  let width = channels[0] as number

  const level = (name: string, at: number, { count, up }: { count: number; up: boolean }) => {
    const to = channels[at] as number
    const pairs = Array.from({ length: count }, (_, i) => {
      const block = resnet(`${name}.resnets.${i}`, { from: width + (up ? (widths.pop() as number) : 0), to, embedding })
      width = to
      if (!up) widths.push(to)
      const heads = attended.includes(at) ? attention(`${name}.attentions.${i}`, { channels: to, headChannels }) : null
      return { block, heads }
    })
    const isLast = at === (up ? 0 : coarsest)
    const resample = isLast
      ? null
      : conv(`${name}.${up ? 'up' : 'down'}samplers.0.conv`, { from: to, to, kernel: 3, stride: up ? 1 : 2 })
    if (resample !== null && !up) widths.push(to)
    const apply: Step = (values, state) => {
      for (const { block, heads } of pairs) {
        if (up) state.x = joinChannels(state.x, state.skips.pop() as tf.Tensor4D)
        state.x = block.apply(values, state.x, state.embedded)
        if (heads !== null) state.x = heads.apply(values, state.x)
        if (!up) state.skips.push(state.x)
      }
      if (resample === null) return
      state.x = resample.apply(values, up ? upsample(state.x) : state.x)
      if (!up) state.skips.push(state.x)
    }
    const parts = [...pairs.map(pair => pair.heads), ...pairs.map(pair => pair.block), resample]
    return { parameters: parts.flatMap<ParameterSpec>(part => part?.parameters ?? []), apply }
  }

  const down = channels.map((_, i) => level(`down_blocks.${i}`, i, { count: blocks, up: false }))
  const between = middle ? middleBlock({ channels: width, headChannels, embedding }) : null
  const up = channels.map((_, i) => level(`up_blocks.${i}`, coarsest - i, { count: blocks + 1, up: true }))

  const apply = (values: Parameters, x: tf.Tensor4D, embedded: tf.Tensor2D | null): tf.Tensor4D => {
    const state: State = { x, skips: [x], embedded }
    for (const step of [...down, between, ...up]) step?.apply(values, state)
    return state.x
  }
  return { parameters: [...down, ...up, between].flatMap<ParameterSpec>(part => part?.parameters ?? []), apply }
}

function middleBlock({ channels, headChannels, embedding }: Record<'channels' | 'headChannels' | 'embedding', number>) {
  const heads = attention('mid_block.attentions.0', { channels, headChannels })
  const [first, second] = [0, 1].map(i =>
    resnet(`mid_block.resnets.${i}`, { from: channels, to: channels, embedding }),
  ) as [ReturnType<typeof resnet>, ReturnType<typeof resnet>]
  const apply: Step = (values, state) => {
    const h = heads.apply(values, first.apply(values, state.x, state.embedded))
    state.x = second.apply(values, h, state.embedded)
  }
  return { parameters: [heads, first, second].flatMap<ParameterSpec>(part => part.parameters), apply }
}
