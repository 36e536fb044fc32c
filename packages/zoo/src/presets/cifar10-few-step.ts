/**
 * CIFAR-10 for comparing methods (`mixflow experiment few-step`): a network of 2.6 million weights, so that a run of each
 * method and seed takes less than half an hour of one core. Rate, β and moving average are those of a pilot in PyTorch.
 */

import type { Preset } from '../training-config.ts'
import { cifar10Small } from './cifar10-small.ts'

export const cifar10FewStep = {
  title: 'CIFAR-10 32×32, unconditional, for comparing methods: a quarter of an hour on one core',
  config: {
    ...cifar10Small.config,
    totalImages: 1500 * 64,
    warmupImages: 200 * 64,
    denoiser: {
      kind: 'unet',
      options: { patchSize: 2, channels: [64, 128], blocks: 1, attention: [1], headChannels: 32 },
    },
    encoder: {
      kind: 'unet',
      options: { patchSize: 2, channels: [32, 32], blocks: 1, attention: [], headChannels: 32 },
    },
    sampleEveryImages: 500 * 64,
    checkpointEveryImages: 250 * 64,
  },
} as const satisfies Preset
