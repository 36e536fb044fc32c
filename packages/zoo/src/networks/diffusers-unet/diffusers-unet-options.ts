/** The options of the diffusers-style U-Net. */

import { MixflowError } from '@mixflow/core'
import { checkKeys, show } from '@mixflow/core/internal'
import type { NetworkContext } from '../unet-options.ts'

export interface DiffusersUnetOptions {
  /** Width of each level, the finest first: multiples of 32. */
  readonly channels: readonly number[]
  /** Residual blocks per level on the way down; one more on the way up. */
  readonly blocks: number
  /** Levels (0 is the finest) whose blocks are followed by attention. */
  readonly attention: readonly number[]
  /** Channels of an attention head; divides the widths of levels with attention. */
  readonly headChannels: number
  /** Block, attention, block at the coarsest level, between down and up. The released encoder has none. */
  readonly middle: boolean
  /** A time embedding, always at time 0. The released encoder has none. */
  readonly timeEmbedding: boolean
  /**
   * A class embedding, added to the time embedding, which it requires. The released encoder has none. Training passes the class;
   * in exported models, whose encoder has only κ as input, no class is known.
   */
  readonly classEmbedding: boolean
}

const keys = ['channels', 'blocks', 'attention', 'headChannels', 'middle', 'timeEmbedding', 'classEmbedding']

/** Groups of every norm. */
export const groups = 32

/** @throws MixflowError ARGUMENT_INVALID with the option and its allowed values. */
export function checkDiffusersUnetOptions(options: unknown, { image, classes }: NetworkContext): DiffusersUnetOptions {
  checkKeys(options, keys, { what: 'diffusers-unet options', required: keys })
  const all = options as unknown as DiffusersUnetOptions
  const { channels, blocks, attention, headChannels } = all
  const refuse = (name: keyof DiffusersUnetOptions, expected: string): never => {
    const message = `diffusers-unet option ${name} must be ${expected}, got ${show(all[name])}`
    throw new MixflowError('ARGUMENT_INVALID', message, { details: { name, value: all[name] } })
  }
  const positive = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0
  const isList = Array.isArray(channels) && channels.length >= 1 && channels.length <= 6
  if (!isList || !channels.every(width => positive(width) && width <= 4096 && width % groups === 0)) {
    refuse('channels', `a list of 1 to 6 multiples of ${groups}, like [32, 64]`)
  }
  if (!positive(blocks) || blocks > 16) refuse('blocks', 'an integer in 1..16')
  if (!positive(headChannels)) refuse('headChannels', 'a positive integer')
  if (!Array.isArray(attention) || !attention.every(level => Number.isInteger(level) && level in channels)) {
    refuse('attention', `a list of levels in 0..${channels.length - 1}`)
  }
  for (const name of ['middle', 'timeEmbedding', 'classEmbedding'] as const) {
    if (typeof all[name] !== 'boolean') refuse(name, 'true or false')
  }
  const attended = [...attention, ...(all.middle ? [channels.length - 1] : [])].map(level => channels[level] as number)
  const odd = attended.find(width => width % headChannels !== 0)
  if (odd !== undefined) refuse('headChannels', `a divisor of ${odd}, the width of a level with attention`)
  if (all.classEmbedding && !all.timeEmbedding) refuse('classEmbedding', 'false without a time embedding to add to')
  if (all.classEmbedding && classes === 0) refuse('classEmbedding', 'false without classes in the data')
  const unit = 2 ** (channels.length - 1)
  if (image.height % unit !== 0 || image.width % unit !== 0) {
    refuse('channels', `levels that halve the image, ${image.width}×${image.height}: its sides multiples of ${unit}`)
  }
  return all
}
