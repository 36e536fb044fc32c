/** The options of the diffusers-style U-Net. */

import {
  blocksRule,
  checkOptions,
  headChannelsRule,
  isCount,
  isFlag,
  isLevels,
  type OptionRules,
} from '../check-options.ts'
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

/** Groups of every norm. */
export const groups = 32

const rules = {
  channels: [
    value => isLevels(value, width => isCount(width, 4096) && width % groups === 0),
    `a list of 1 to 6 multiples of ${groups}, like [32, 64]`,
  ],
  blocks: blocksRule,
  attention: [() => true, ''], // below: depends on `channels`
  headChannels: headChannelsRule,
  middle: [isFlag, 'true or false'],
  timeEmbedding: [isFlag, 'true or false'],
  classEmbedding: [isFlag, 'true or false'],
} satisfies OptionRules<DiffusersUnetOptions>

/** @throws MixflowError ARGUMENT_INVALID with the option and its allowed values. */
export function checkDiffusersUnetOptions(value: unknown, { image, classes }: NetworkContext): DiffusersUnetOptions {
  const { options, refuse } = checkOptions<DiffusersUnetOptions>('diffusers-unet', value, { rules })
  const { channels, attention, headChannels } = options
  if (!Array.isArray(attention) || !attention.every(level => Number.isInteger(level) && level in channels)) {
    refuse('attention', `a list of levels in 0..${channels.length - 1}`)
  }
  const attended = [...attention, ...(options.middle ? [channels.length - 1] : [])].map(
    level => channels[level] as number,
  )
  const odd = attended.find(width => width % headChannels !== 0)
  if (odd !== undefined) refuse('headChannels', `a divisor of ${odd}, the width of a level with attention`)
  if (options.classEmbedding && !options.timeEmbedding)
    refuse('classEmbedding', 'false without a time embedding to add to')
  if (options.classEmbedding && classes === 0) refuse('classEmbedding', 'false without classes in the data')
  const unit = 2 ** (channels.length - 1)
  if (image.height % unit !== 0 || image.width % unit !== 0) {
    refuse('channels', `levels that halve the image, ${image.width}×${image.height}: its sides multiples of ${unit}`)
  }
  return options
}
