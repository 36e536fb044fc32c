/**
 * SongUNet in its DDPM++ configuration, the denoiser of the paper's experiments: a U-Net of residual blocks conditioned on time (and
 * optionally class and w) by a vector added in each block. Parameters have the names of the reference implementation, so that
 * released ones load by name; its constant `resample_filter` buffers do not exist here.
 *
 * Sources: Song et al. 2021; Karras et al. 2022 (names, initialization). Not implemented: variants that the paper does not use
 * (Fourier embedding, residual and skip architectures, augmentation labels).
 */

import * as tf from '@tensorflow/tfjs-core'
import { silu } from '../layers.ts'
import type { DenoiserCondition, DenoiserNetwork, ParameterSpec, Parameters } from '../network.ts'
import { joinChannels } from '../sums.ts'
import type { NetworkContext } from '../unet-options.ts'
import { closingGain, type SongBlock, songBlock, songConv, songLinear, songNorm } from './song-block.ts'
import { checkSongUnetOptions, type SongUnetOptions } from './song-unet-options.ts'

export function songUnet(input: unknown, context: NetworkContext): DenoiserNetwork {
  const options = checkSongUnetOptions(input, context)
  const embedding = songEmbedding(options, context)
  const body = songBody(options, context)
  const { dropout } = options
  return {
    parameters: [...embedding.parameters, ...body.parameters],
    dropout: dropout === 0 ? undefined : { rate: dropout, values: body.droppable },
    apply: (parameters, xt, t, condition) =>
      body.apply(parameters, xt, { ...condition, vector: embedding.apply(parameters, t, condition) }),
  }
}

const embeddingWidth = ({ modelChannels, embeddingMultiplier }: SongUnetOptions) => modelChannels * embeddingMultiplier

/** The embedding of time, class and w, [N, embeddingWidth]. */
function songEmbedding(options: SongUnetOptions, { classes, conditionOnWeight }: NetworkContext) {
  const { modelChannels } = options
  const wide = embeddingWidth(options)
  const label = classes > 0 ? songLinear('map_label', { from: classes, to: modelChannels }) : null
  const layer0 = songLinear('map_layer0', { from: modelChannels, to: wide })
  const layer1 = songLinear('map_layer1', { from: wide, to: wide })
  const weight = conditionOnWeight ? songLinear('map_w.1', { from: modelChannels, to: modelChannels }) : null

  /** Rows of the identity times √classes, so that their entries have variance 1; zeros for "no label". */
  const hotLabels = (n: number, labels: tf.Tensor1D | undefined): tf.Tensor2D => {
    if (labels === undefined) return tf.zeros([n, classes])
    const hot = tf.cast(tf.oneHot(labels, classes + 1), 'float32')
    return tf.mul(tf.slice(hot, [0, 0], [n, classes]), Math.sqrt(classes)) as tf.Tensor2D
  }

  const apply = (values: Parameters, t: tf.Tensor1D, condition: DenoiserCondition): tf.Tensor2D => {
    const { sines, cosines } = waves(t, modelChannels)
    let sum = reported(condition, 'map_noise', tf.concat([sines, cosines], 1) as tf.Tensor2D)
    if (label !== null) sum = tf.add(sum, label.apply(values, hotLabels(t.shape[0], condition.label)))
    if (weight !== null && condition.mixtureWeight !== undefined) {
      const other = waves(condition.mixtureWeight, modelChannels)
      // cosines first, unlike the time embedding
      sum = tf.add(sum, weight.apply(values, tf.concat([other.cosines, other.sines], 1) as tf.Tensor2D))
    }
    const wideFirst = reported(condition, 'map_layer0', layer0.apply(values, sum))
    return silu(reported(condition, 'map_layer1', layer1.apply(values, silu(wideFirst))))
  }
  const parts = [label, layer0, layer1, weight]
  return { parameters: parts.flatMap(part => part?.parameters ?? []), apply }
}

/** sin and cos of a number per image at `width / 2` frequencies from 1 down to 10⁻⁴, both ends included. */
function waves(values: tf.Tensor1D, width: number) {
  const half = width / 2
  const frequencies = Array.from({ length: half }, (_, i) => 10000 ** (-i / (half - 1)))
  const angles = tf.mul(tf.reshape(values, [-1, 1]), tf.tensor2d(frequencies, [1, half]))
  return { sines: tf.sin(angles), cosines: tf.cos(angles) }
}

/** Reports the output of a part to `onPart`, and returns it. */
function reported<T extends tf.Tensor>({ onPart }: Pick<DenoiserCondition, 'onPart'>, name: string, output: T): T {
  onPart?.(name, output)
  return output
}

interface BodyInput extends Pick<DenoiserCondition, 'dropoutMask' | 'onPart'> {
  readonly vector: tf.Tensor2D
}

function songBody(options: SongUnetOptions, { image: { channels, height: edge } }: NetworkContext) {
  const { modelChannels, dropout } = options
  const { stages, width } = songLayout(options, edge)
  const [first, last] = [`enc.${edge}x${edge}`, `dec.${edge}x${edge}_aux`]
  const entry = songConv(`${first}_conv`, { from: channels, to: modelChannels, kernel: 3 })
  const blocks = stages.map(stage => songBlock(stage.name, { ...stage, embedding: embeddingWidth(options), dropout }))
  const norm = songNorm(`${last}_norm`, width, { silu: true })
  const exit = songConv(`${last}_conv`, { from: width, to: channels, kernel: 3, gain: closingGain })

  /** The dropout mask split into one image per block. */
  const masks = (dropoutMask: tf.Tensor2D): tf.Tensor4D[] =>
    tf.split(dropoutMask, stages.map(droppable), 1).map((part, i) => {
      const { to, edge: side } = stages[i] as SongStage
      return tf.transpose(tf.reshape(part, [-1, to, side, side]), [0, 2, 3, 1]) as tf.Tensor4D
    })

  const apply = (values: Parameters, x: tf.Tensor4D, { vector, ...condition }: BodyInput): tf.Tensor4D => {
    const { dropoutMask } = condition
    const blockMasks = dropoutMask === undefined ? [] : masks(dropoutMask)
    let h = reported(condition, `${first}_conv`, entry.apply(values, x))
    const stack = [h]
    stages.forEach(({ name, skip }, i) => {
      if (skip === 'pop') h = joinChannels(h, stack.pop() as tf.Tensor4D)
      h = reported(
        condition,
        name,
        (blocks[i] as SongBlock).apply(values, h, { embedding: vector, dropoutMask: blockMasks[i] }),
      )
      if (skip === 'push') stack.push(h)
    })
    h = reported(condition, `${last}_norm`, norm.apply(values, h))
    return reported(condition, `${last}_conv`, exit.apply(values, h))
  }
  return {
    parameters: [entry, ...blocks, norm, exit].flatMap<ParameterSpec>(({ parameters }) => parameters),
    /** Number of values per image that dropout may drop. */
    droppable: stages.map(droppable).reduce((sum, values) => sum + values, 0),
    apply,
  }
}

/** Dropout applies between the two convolutions of a block. */
const droppable = ({ to, edge }: SongStage): number => to * edge * edge

interface SongStage {
  /** The prefix of its parameters. */
  readonly name: string
  /** Input channels, including the concatenated skip, and output channels. */
  readonly from: number
  readonly to: number
  /** Edge of the output in pixels. */
  readonly edge: number
  readonly resample: 'none' | 'down' | 'up'
  readonly attention: boolean
  /** Whether to push the output to the skips, or to pop a skip and concatenate it with the input. */
  readonly skip: 'none' | 'push' | 'pop'
}

type Layout = Pick<SongUnetOptions, 'modelChannels' | 'multipliers' | 'blocks' | 'attentionResolutions'>

/**
 * The blocks in order: down the levels, pushing each output as a skip; two blocks at the coarsest level; up again, popping a skip for
 * each block except the upsampling ones.
 *
 * @param edge of the image, in pixels
 */
export function songLayout({ modelChannels, multipliers, blocks, attentionResolutions }: Layout, edge: number) {
  const stages: SongStage[] = []
  const levels = multipliers.map((factor, level) => {
    const size = edge >> level
    return { edge: size, to: factor * modelChannels, attention: attentionResolutions.includes(size) }
  })
  // the first skip is the output of the entry convolution
  const skips = [modelChannels]
  let width = modelChannels

  const add = (kind: string, at: { edge: number; to?: number }, rest: Partial<SongStage>) => {
    const { skip = 'none', resample = 'none', attention = false } = rest
    const { to = width } = at
    const from = width + (skip === 'pop' ? (skips.pop() as number) : 0)
    const name = `${skip === 'push' ? 'enc' : 'dec'}.${at.edge}x${at.edge}_${kind}`
    stages.push({ name, from, to, edge: at.edge, resample, attention, skip })
    if (skip === 'push') skips.push(to)
    width = to
  }

  for (const [level, { attention, ...at }] of levels.entries()) {
    if (level > 0) add('down', { edge: at.edge }, { resample: 'down', skip: 'push' })
    for (let i = 0; i < blocks; i++) add(`block${i}`, at, { attention, skip: 'push' })
  }
  for (const [level, { attention, ...at }] of [...levels.entries()].reverse()) {
    if (level === levels.length - 1) {
      add('in0', { edge: at.edge }, { attention: true })
      add('in1', { edge: at.edge }, {})
    } else add('up', { edge: at.edge }, { resample: 'up' })
    for (let i = 0; i <= blocks; i++) add(`block${i}`, at, { attention: attention && i === blocks, skip: 'pop' })
  }
  return { stages: stages as readonly SongStage[], width }
}
