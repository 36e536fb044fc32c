/** The options of our U-Nets, and what all networks depend on besides their options. */

import type { ModelFacts } from '@mixflow/core/internal'
import { blocksRule, checkOptions, headChannelsRule, isCount, isLevels, type OptionRules } from './check-options.ts'

/** What a denoiser's last convolution predicts: the velocity, or the image x1. */
const outputs = ['velocity', 'image'] as const

export interface UnetOptions {
  /** Edge of the patches that become channels at the input, and pixels again at the output: 1, 2, 4 or 8. */
  readonly patchSize: number
  /** Width of each level, the finest first. The first must be even. */
  readonly channels: readonly number[]
  /** Residual blocks per level. */
  readonly blocks: number
  /** Levels with attention; 0 is the finest. */
  readonly attention: readonly number[]
  /** Channels of an attention head; divides the widths of levels with attention. */
  readonly headChannels: number
  /** Denoiser only: what it predicts, see `velocity-of-image.ts`. Default: `velocity`. */
  readonly output?: (typeof outputs)[number]
}

/** What networks depend on besides their options. */
export interface NetworkContext {
  readonly image: { readonly channels: number; readonly height: number; readonly width: number }
  /** Number of classes, 0 without labels. */
  readonly classes: number
  readonly kappa: 'image' | 'label' | 'noise' | 'image+noise'
  readonly gaussian: 'off' | 'mean' | 'mean-variance'
  readonly conditionOnWeight: boolean
}

/** The context for a model, from the facts in its checkpoint or manifest. */
export const networkContext = ({ image, labels, source }: ModelFacts): NetworkContext => ({
  image,
  classes: labels?.count ?? 0,
  kappa: source?.kappa ?? 'image',
  gaussian: source?.gaussian ?? 'mean-variance',
  conditionOnWeight: source?.conditionOnWeight ?? false,
})

const rules = {
  patchSize: [value => [1, 2, 4, 8].includes(value as number), '1, 2, 4 or 8'],
  channels: [value => isLevels(value, isCount), 'a list of 1 to 6 widths, like [32, 64]'],
  blocks: blocksRule,
  attention: [() => true, ''], // below: depends on `channels`
  headChannels: headChannelsRule,
  output: [value => outputs.some(known => known === value), '"velocity" or "image"'],
} satisfies OptionRules<UnetOptions>

/** @throws MixflowError ARGUMENT_INVALID with the option and its allowed values. */
export function checkUnetOptions(input: unknown, { image }: Pick<NetworkContext, 'image'>): UnetOptions {
  const { options, refuse } = checkOptions<UnetOptions>('unet', input, { rules, optional: ['output'] })
  const { patchSize, channels, attention, headChannels, output, ...rest } = options
  // half of the time embedding are sines, half cosines
  if (channels[0]! % 2 !== 0) refuse('channels', 'a list that begins with an even width')
  if (!Array.isArray(attention) || !attention.every(level => Number.isInteger(level) && level in channels)) {
    refuse('attention', `a list of levels in 0..${channels.length - 1}`)
  }
  const odd = attention.find(level => channels[level]! % headChannels !== 0)
  if (odd !== undefined) refuse('headChannels', `a divisor of ${channels[odd]}, the width of level ${odd}`)
  const unit = patchSize * 2 ** (channels.length - 1)
  const side = (['height', 'width'] as const).find(name => image[name] % unit !== 0)
  if (side !== undefined) {
    const reason = `${side} ${image[side]} is not a multiple of ${unit} (patchSize · 2^(levels − 1))`
    refuse('channels', `levels that divide the image: ${reason}`)
  }
  return { ...rest, patchSize, channels, attention, headChannels, ...(output !== undefined && { output }) }
}
