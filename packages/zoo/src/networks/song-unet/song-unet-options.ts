/** The options of the SongUNet. */

import { MixflowError } from '@mixflow/core'
import { checkKeys, show } from '@mixflow/core/internal'
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

const keys = ['modelChannels', 'multipliers', 'embeddingMultiplier', 'blocks', 'attentionResolutions', 'dropout']

/** At most 32 groups of at least 4 channels. */
export const groupsOf = (channels: number): number => Math.min(32, Math.floor(channels / 4))

/** @throws MixflowError ARGUMENT_INVALID with the option and its allowed values. */
export function checkSongUnetOptions(options: unknown, { image }: Pick<NetworkContext, 'image'>): SongUnetOptions {
  checkKeys(options, keys, { what: 'song-unet options', required: keys })
  const all = options as unknown as SongUnetOptions
  const { modelChannels, multipliers, embeddingMultiplier, blocks, attentionResolutions, dropout } = all
  const refuse = (name: keyof SongUnetOptions, value: unknown, expected: string): never => {
    throw new MixflowError('ARGUMENT_INVALID', `song-unet option ${name} must be ${expected}, got ${show(value)}`, {
      details: { name, value },
    })
  }
  const positive = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0
  if (!positive(modelChannels) || modelChannels > 4096 || modelChannels % 4 !== 0) {
    refuse('modelChannels', modelChannels, 'a multiple of 4, up to 4096')
  }
  const isList = Array.isArray(multipliers) && multipliers.length >= 1 && multipliers.length <= 6
  if (!isList || !multipliers.every(factor => positive(factor) && factor <= 64)) {
    refuse('multipliers', multipliers, 'a list of 1 to 6 factors, like [1, 2, 2]')
  }
  // blocks on the way up have concatenated inputs
  const widths = [1, ...multipliers].map(factor => factor * modelChannels)
  const unfit = widths.flatMap(a => [a, ...widths.map(b => a + b)]).find(width => width % groupsOf(width) !== 0)
  if (unfit !== undefined) {
    refuse('modelChannels', modelChannels, `one whose widths divide into 32 groups, like 128 (${unfit} does not)`)
  }
  if (!positive(embeddingMultiplier) || embeddingMultiplier > 16) {
    refuse('embeddingMultiplier', embeddingMultiplier, 'an integer in 1..16')
  }
  if (!positive(blocks) || blocks > 16) refuse('blocks', blocks, 'an integer in 1..16')
  if (dropout !== 0 && !(typeof dropout === 'number' && dropout >= 0.001 && dropout <= 0.999)) {
    refuse('dropout', dropout, '0, or a fraction in 0.001..0.999')
  }
  const { height, width } = image
  const unit = 2 ** (multipliers.length - 1)
  if (height !== width || height % unit !== 0) {
    refuse(
      'multipliers',
      multipliers,
      `levels that halve the image: a square of a multiple of ${unit}, not ${width}×${height}`,
    )
  }
  const resolutions = multipliers.map((_, level) => height >> level)
  if (!Array.isArray(attentionResolutions) || !attentionResolutions.every(edge => resolutions.includes(edge))) {
    refuse(
      'attentionResolutions',
      attentionResolutions,
      `a list of edges of the levels, which are ${resolutions.join(', ')}`,
    )
  }
  return all
}
