/**
 * The U-Net of our denoiser and encoder: residual blocks on the way down and up, skips between them, attention at chosen levels.
 * A conditioning vector, if any, is added in each block.
 *
 * Sources: Ronneberger et al. 2015 (the shape), Ho et al. 2020 and Song et al. 2021 (blocks with time embedding).
 */

import * as tf from '@tensorflow/tfjs-core'
import { groupNorm } from './group-norm.ts'
import { attention, conv, downsample, linear, upsample, zero } from './layers.ts'
import type { Layer, ParameterSpec, Parameters } from './network.ts'
import { addPerImage, joinChannels, plus } from './sums.ts'

interface BodyOptions {
  /** Channels in and out. */
  readonly from: number
  readonly to: number
  /** Width of each level, the finest first; each level halves the resolution. */
  readonly channels: readonly number[]
  /** Residual blocks per level on the way down; one more on the way up. */
  readonly blocks: number
  /** Levels (0 is the finest) whose blocks are followed by attention. */
  readonly attention: readonly number[]
  readonly headChannels: number
  /** Width of the conditioning vector, 0 for none. */
  readonly embedding: number
  /** Whether the last convolution starts at zero. */
  readonly zeroOutput: boolean
}

type Vector = tf.Tensor2D | null

const epsilon = 1e-5

/** At most 32 groups of at least 4 channels. */
const groupsOf = (channels: number): number => {
  let groups = Math.max(1, Math.min(32, Math.floor(channels / 4)))
  while (channels % groups !== 0) groups--
  return groups
}

interface BlockOptions {
  readonly from: number
  readonly to: number
  readonly embedding: number
  /** Channels of a head, 0 for no attention. */
  readonly headChannels: number
}

/** Two convolutions with a residual connection, then optional attention. */
function block(name: string, { from, to, embedding, headChannels }: BlockOptions): Layer<[tf.Tensor4D, Vector]> {
  const norm0 = groupNorm(`${name}.norm0`, { channels: from, groups: groupsOf(from), epsilon, silu: true })
  const conv0 = conv(`${name}.conv0`, { from, to, kernel: 3 })
  const affine = embedding > 0 ? linear(`${name}.affine`, { from: embedding, to }) : null
  const norm1 = groupNorm(`${name}.norm1`, { channels: to, groups: groupsOf(to), epsilon, silu: true })
  const conv1 = conv(`${name}.conv1`, { from: to, to, kernel: 3, initial: zero })
  const skip = from === to ? null : conv(`${name}.skip`, { from, to, kernel: 1 })
  const attend =
    headChannels > 0
      ? attention(`${name}.attention`, { channels: to, groups: groupsOf(to), epsilon, headChannels })
      : null

  const apply = (values: Parameters, x: tf.Tensor4D, vector: Vector): tf.Tensor4D => {
    let h = conv0.apply(values, norm0.apply(values, x))
    if (affine !== null && vector !== null) {
      h = addPerImage(h, tf.reshape(affine.apply(values, vector), [-1, 1, 1, to]))
    }
    h = conv1.apply(values, norm1.apply(values, h))
    const sum = plus(skip === null ? x : skip.apply(values, x), h)
    return attend === null ? sum : attend.apply(values, sum)
  }
  const parts = [norm0, conv0, affine, norm1, conv1, skip, attend]
  // what no gradient needs is disposed of at the end of the block, not of the network
  return {
    parameters: parts.flatMap(part => part?.parameters ?? []),
    apply: (...inputs) => tf.tidy(() => apply(...inputs)),
  }
}

export function unetBody(options: BodyOptions): Layer<[tf.Tensor4D, Vector]> {
  const { channels, blocks, embedding } = options
  const layers: { parameters: readonly ParameterSpec[] }[] = []
  const add = <L extends { parameters: readonly ParameterSpec[] }>(layer: L): L => {
    layers.push(layer)
    return layer
  }
  const heads = (level: number) => (options.attention.includes(level) ? options.headChannels : 0)
  const finest = channels[0] as number

  const entry = add(conv('in', { from: options.from, to: finest, kernel: 3 }))
  let width = finest
  const skips = [finest]
  const down = channels.map((to, level) => {
    const shrink = level === 0 ? null : add(conv(`down${level}.resample`, { from: width, to: width, kernel: 3 }))
    if (shrink !== null) skips.push(width)
    const chain = Array.from({ length: blocks }, (_, i) => {
      const made = add(block(`down${level}.block${i}`, { from: width, to, embedding, headChannels: heads(level) }))
      width = to
      skips.push(to)
      return made
    })
    return { shrink, chain }
  })
  const middle = [0, 1].map(i =>
    add(
      block(`middle.block${i}`, {
        from: width,
        to: width,
        embedding,
        headChannels: i === 0 ? heads(channels.length - 1) : 0,
      }),
    ),
  )
  const up = [...channels.keys()].reverse().map(level => {
    const to = channels[level] as number
    const grow = level === channels.length - 1 ? null : add(conv(`up${level}.resample`, { from: width, to, kernel: 3 }))
    if (grow !== null) width = to
    const chain = Array.from({ length: blocks + 1 }, (_, i) => {
      const from = width + (skips.pop() as number)
      width = to
      return add(block(`up${level}.block${i}`, { from, to, embedding, headChannels: i === blocks ? heads(level) : 0 }))
    })
    return { grow, chain }
  })
  const norm = add(groupNorm('out.norm', { channels: width, groups: groupsOf(width), epsilon, silu: true }))
  const exit = add(
    conv('out.conv', { from: width, to: options.to, kernel: 3, ...(options.zeroOutput ? { initial: zero } : {}) }),
  )

  const apply = (values: Parameters, x: tf.Tensor4D, vector: Vector): tf.Tensor4D => {
    let h = entry.apply(values, x)
    const stack = [h]
    for (const { shrink, chain } of down) {
      if (shrink !== null) stack.push((h = shrink.apply(values, downsample(h))))
      for (const layer of chain) stack.push((h = layer.apply(values, h, vector)))
    }
    for (const layer of middle) h = layer.apply(values, h, vector)
    for (const { grow, chain } of up) {
      if (grow !== null) h = grow.apply(values, upsample(h))
      for (const layer of chain) h = layer.apply(values, joinChannels(h, stack.pop() as tf.Tensor4D), vector)
    }
    return exit.apply(values, norm.apply(values, h))
  }
  return { parameters: layers.flatMap(layer => layer.parameters), apply }
}
