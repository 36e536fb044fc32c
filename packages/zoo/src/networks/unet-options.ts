/** The options of our U-Nets, and what all networks depend on besides their options. */

import { MixflowError } from '@mixflow/core'
import { checkKeys, type ModelFacts, show } from '@mixflow/core/internal'

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

const keys = ['patchSize', 'channels', 'blocks', 'attention', 'headChannels']

/** @throws MixflowError ARGUMENT_INVALID with the option and its allowed values. */
export function checkUnetOptions(options: unknown, { image }: Pick<NetworkContext, 'image'>): UnetOptions {
  checkKeys(options, [...keys, 'output'], { what: 'unet options', required: keys })
  const { patchSize, channels, blocks, attention, headChannels, output } = options as unknown as UnetOptions
  const refuse = (name: string, value: unknown, expected: string): never => {
    throw new MixflowError('ARGUMENT_INVALID', `unet option ${name} must be ${expected}, got ${show(value)}`, {
      details: { name, value },
    })
  }
  const positive = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0
  if (![1, 2, 4, 8].includes(patchSize)) refuse('patchSize', patchSize, '1, 2, 4 or 8')
  if (!Array.isArray(channels) || channels.length < 1 || channels.length > 6 || !channels.every(positive)) {
    refuse('channels', channels, 'a list of 1 to 6 widths, like [32, 64]')
  }
  // half of the time embedding are sines, half cosines
  if ((channels[0] as number) % 2 !== 0) refuse('channels', channels, 'a list that begins with an even width')
  if (!positive(blocks) || blocks > 16) refuse('blocks', blocks, 'an integer in 1..16')
  if (!positive(headChannels)) refuse('headChannels', headChannels, 'a positive integer')
  if (
    !Array.isArray(attention) ||
    !attention.every(level => Number.isInteger(level) && level >= 0 && level < channels.length)
  ) {
    refuse('attention', attention, `a list of levels in 0..${channels.length - 1}`)
  }
  for (const level of attention) {
    const width = channels[level] as number
    if (width % headChannels !== 0)
      refuse('headChannels', headChannels, `a divisor of ${width}, the width of level ${level}`)
  }
  const unit = patchSize * 2 ** (channels.length - 1)
  for (const side of ['height', 'width'] as const) {
    if (image[side] % unit !== 0) {
      refuse(
        'channels',
        channels,
        `levels that divide the image: ${side} ${image[side]} is not a multiple of ${unit} (patchSize · 2^(levels − 1))`,
      )
    }
  }
  const checked = { patchSize, channels, blocks, attention, headChannels }
  if (output === undefined) return checked
  if (!outputs.includes(output)) refuse('output', output, outputs.map(word => JSON.stringify(word)).join(' or '))
  return { ...checked, output }
}
