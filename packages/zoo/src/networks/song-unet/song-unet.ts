/**
 * SongUNet in its DDPM++ configuration, the denoiser of the paper's experiments: a U-Net of residual blocks that are told
 * the time (and, where asked for, class and w) by a vector added inside each. Parameters are named as in the reference, so
 * its weights load by name; `resample_filter` buffers, which are constants there, do not exist here.
 *
 * Sources: Song et al. 2021; Karras et al. 2022 (names, initial values). Left out: the variants that the paper does not
 * use (Fourier embedding, residual and skip architectures, augmentation labels).
 */

import * as tf from '@tensorflow/tfjs-core'
import { silu } from '../layers.ts'
import type { DenoiserCondition, DenoiserNetwork, ParameterSpec, Parameters } from '../network.ts'
import type { NetworkContext } from '../unet-options.ts'
import { closingGain, type SongBlock, songBlock, songConv, songLinear, songNorm } from './song-block.ts'
import { type SongStage, songLayout } from './song-layout.ts'
import { checkSongUnetOptions, type SongUnetOptions } from './song-unet-options.ts'

export function songUnet(given: unknown, context: NetworkContext): DenoiserNetwork {
  const options = checkSongUnetOptions(given, context)
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

/** Time, class and w as one vector, [N, embeddingWidth]. */
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

  const apply = (given: Parameters, t: tf.Tensor1D, condition: DenoiserCondition): tf.Tensor2D => {
    const { sines, cosines } = waves(t, modelChannels)
    let sum = told(condition, 'map_noise', tf.concat([sines, cosines], 1) as tf.Tensor2D)
    if (label !== null) sum = tf.add(sum, label.apply(given, hotLabels(t.shape[0], condition.label)))
    if (weight !== null && condition.mixtureWeight !== undefined) {
      const other = waves(condition.mixtureWeight, modelChannels)
      // the other way round than the time's
      sum = tf.add(sum, weight.apply(given, tf.concat([other.cosines, other.sines], 1) as tf.Tensor2D))
    }
    const wideFirst = told(condition, 'map_layer0', layer0.apply(given, sum))
    return silu(told(condition, 'map_layer1', layer1.apply(given, silu(wideFirst))))
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

/** A part's output, on its way to the next. */
function told<T extends tf.Tensor>({ onPart }: Pick<DenoiserCondition, 'onPart'>, name: string, output: T): T {
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

  /** The rows of `dropoutMask` as one image for each block. */
  const masks = (dropoutMask: tf.Tensor2D): tf.Tensor4D[] =>
    tf.split(dropoutMask, stages.map(droppable), 1).map((part, i) => {
      const { to, edge: side } = stages[i] as SongStage
      return tf.transpose(tf.reshape(part, [-1, to, side, side]), [0, 2, 3, 1]) as tf.Tensor4D
    })

  const apply = (given: Parameters, x: tf.Tensor4D, { vector, ...condition }: BodyInput): tf.Tensor4D => {
    const { dropoutMask } = condition
    const keeps = dropoutMask === undefined ? [] : masks(dropoutMask)
    let h = told(condition, `${first}_conv`, entry.apply(given, x))
    const stack = [h]
    stages.forEach(({ name, skip }, i) => {
      if (skip === 'pop') h = tf.concat([h, stack.pop() as tf.Tensor4D], 3)
      h = told(condition, name, (blocks[i] as SongBlock).apply(given, h, { embedding: vector, dropoutMask: keeps[i] }))
      if (skip === 'push') stack.push(h)
    })
    h = told(condition, `${last}_norm`, norm.apply(given, h))
    return told(condition, `${last}_conv`, exit.apply(given, h))
  }
  return {
    parameters: [entry, ...blocks, norm, exit].flatMap<ParameterSpec>(({ parameters }) => parameters),
    /** Values of an image that dropout may drop. */
    droppable: stages.map(droppable).reduce((sum, values) => sum + values, 0),
    apply,
  }
}

/** What dropout sees of a block lies between its convolutions. */
const droppable = ({ to, edge }: SongStage): number => to * edge * edge
