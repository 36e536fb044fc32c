/** The options of the SongUNet. */

import { blocksRule, checkOptions, isCount, isLevels, type OptionRules } from '../check-options.ts'
import type { NetworkContext } from '../unet-options.ts'

export interface SongUnetOptions {
  /** M, the base width: a multiple of 4. */
  readonly modelChannels: number
  /** Width of each level in units of M, the finest first; each level halves the resolution. */
  readonly multipliers: readonly number[]
  /** Width of the embedding, in units of M. */
  readonly embeddingMultiplier: number
  /** Residual blocks per level on the way down; one more on the way up. */
  readonly blocks: number
  /** Edges in pixels of the levels with attention. The coarsest level always has one attention block. */
  readonly attentionResolutions: readonly number[]
  /** Fraction of the values in each block that training drops: 0, or 0.001..0.999. */
  readonly dropout: number
}

/** At most 32 groups of at least 4 channels. */
export const groupsOf = (channels: number): number => Math.min(32, Math.floor(channels / 4))

const rules = {
  modelChannels: [value => isCount(value, 4096) && value % 4 === 0, 'a multiple of 4, up to 4096'],
  multipliers: [value => isLevels(value, factor => isCount(factor, 64)), 'a list of 1 to 6 factors, like [1, 2, 2]'],
  embeddingMultiplier: [value => isCount(value, 16), 'an integer in 1..16'],
  blocks: blocksRule,
  attentionResolutions: [() => true, ''], // below: depends on `multipliers`
  dropout: [
    value => value === 0 || (typeof value === 'number' && value >= 0.001 && value <= 0.999),
    '0, or a fraction in 0.001..0.999',
  ],
} satisfies OptionRules<SongUnetOptions>

/** @throws MixflowError ARGUMENT_INVALID with the option and its allowed values. */
export function checkSongUnetOptions(input: unknown, { image }: Pick<NetworkContext, 'image'>): SongUnetOptions {
  const { options, refuse } = checkOptions<SongUnetOptions>('song-unet', input, { rules })
  const { modelChannels, multipliers, attentionResolutions } = options
  // blocks on the way up have concatenated inputs
  const widths = [1, ...multipliers].map(factor => factor * modelChannels)
  const unfit = widths.flatMap(a => [a, ...widths.map(b => a + b)]).find(width => width % groupsOf(width) !== 0)
  if (unfit !== undefined) {
    refuse('modelChannels', `one whose widths divide into 32 groups, like 128 (${unfit} does not)`)
  }
  const { height, width } = image
  const unit = 2 ** (multipliers.length - 1)
  if (height !== width || height % unit !== 0) {
    refuse('multipliers', `levels that halve the image: a square of a multiple of ${unit}, not ${width}×${height}`)
  }
  const resolutions = multipliers.map((_, level) => height >> level)
  if (!Array.isArray(attentionResolutions) || !attentionResolutions.every(edge => resolutions.includes(edge))) {
    refuse('attentionResolutions', `a list of edges of the levels, which are ${resolutions.join(', ')}`)
  }
  return options
}
