/**
 * Settings that follow from others, where a person has not given them: networks and batch from the images, and from the length of
 * a run its warm-up, its moving average and how often it samples and saves. Pure: what is measured comes in as a number of images.
 */

import { type ImageShape, MixflowError } from '@mixflow/core'
import type { TrainingConfig } from '@mixflow/zoo'

/** Whether a setting, or one below it, was given: `denoiser` by `denoiser.options.blocks=2`. */
export type IsGiven = (setting: keyof TrainingConfig) => boolean

/** By assignments such as `denoiser.options.blocks=2`. */
export const givenBy =
  (assignments: readonly string[]): IsGiven =>
  setting =>
    assignments.some(text => text.split(/[.=]/, 1)[0] === setting)

/** What a run's length stretches or shrinks. */
const scaled = ['warmupImages', 'emaHalfLifeImages', 'sampleEveryImages', 'checkpointEveryImages'] as const

/**
 * A configuration of another length than the one that it was made for: what is shorter warms up, forgets, samples and saves in
 * proportion. A longer run keeps these settings.
 *
 * @param made images that the configuration was made for
 * @throws MixflowError CONFIG_INVALID for a given warm-up or half-life that leaves nothing of the run
 */
export function scaleToLength(config: TrainingConfig, made: number, isGiven: IsGiven): TrainingConfig {
  const { totalImages } = config
  const share = Math.min(1, totalImages / made)
  const changes = Object.fromEntries(
    scaled
      .filter(setting => share < 1 && !isGiven(setting))
      .map(setting => [setting, Math.max(1, Math.round(config[setting] * share))]),
  )
  const fitted = { ...config, ...changes }
  const refuse = (setting: 'warmupImages' | 'emaHalfLifeImages', why: string): never => {
    const message = `${setting} is ${fitted[setting]}, but the run has totalImages ${totalImages}: ${why}`
    throw new MixflowError('CONFIG_INVALID', message, {
      hint: `leave ${setting} out, which scales it, or give at most half of totalImages: --set ${setting}=${Math.round(totalImages / 20)}`,
      details: { setting, value: fitted[setting], totalImages },
    })
  }
  if (isGiven('warmupImages') && fitted.warmupImages >= totalImages) {
    refuse('warmupImages', 'the learning rate would never reach its value')
  }
  if (isGiven('emaHalfLifeImages') && fitted.emaHalfLifeImages >= totalImages) {
    refuse('emaHalfLifeImages', 'the averaged parameters would stay those of the beginning')
  }
  return fitted
}

export interface ImageFacts {
  readonly image: ImageShape
  readonly count: number
}

/** Networks and batch for a set of images, except those that were given. */
export function fitToImages(config: TrainingConfig, facts: ImageFacts, isGiven: IsGiven): TrainingConfig {
  const { denoiser, encoder } = networksFor(facts)
  return {
    ...config,
    ...(isGiven('batchSize') ? {} : { batchSize: facts.count < 2000 ? 16 : facts.count < 20_000 ? 32 : 64 }),
    ...(isGiven('denoiser') ? {} : { denoiser }),
    ...(isGiven('encoder') || config.encoder === null ? {} : { encoder }),
  }
}

/**
 * U-Nets whose finest level has about 16 × 16 positions: larger images come in larger patches, so that a step takes about the
 * same time at any size. On patches of 4 and more, the denoiser gives the image rather than the velocity, which it could not without grain.
 */
function networksFor({ image: { height, width }, count }: ImageFacts) {
  const edge = Math.max(height, width)
  const divides = (unit: number) => height % unit === 0 && width % unit === 0
  const suggested = edge <= 16 ? 1 : edge <= 40 ? 2 : edge <= 80 ? 4 : 8
  const patchSize = [8, 4, 2, 1].find(size => size <= suggested && divides(size)) as number
  const levels = [3, 2, 1].find(n => n === 1 || divides(patchSize * 2 ** (n - 1))) as number
  const isLarge = count >= 5000
  const attention = [1, 2].filter(level => level < levels)
  const shared = { patchSize, headChannels: 32 }
  const options = {
    ...shared,
    channels: (isLarge ? [64, 128, 128] : [64, 96, 128]).slice(0, levels),
    blocks: isLarge ? 2 : 1,
    attention,
    ...(patchSize >= 4 ? { output: 'image' } : {}),
  }
  const coarse = Math.min(levels, 2)
  return {
    denoiser: { kind: 'unet', options },
    encoder: { kind: 'unet', options: { ...shared, channels: [32, 64].slice(0, coarse), blocks: 1, attention: [] } },
  }
}
