/**
 * The paper's CIFAR-10 model, with all settings of the release: unconditional, 55.7 million weights, 64 million images.
 * Made for a GPU; `cifar10-small` is what a CPU can train.
 */

import type { Preset } from '../training-config.ts'
import { cifar10Small } from './cifar10-small.ts'
import { emaHalfLife } from './ema-half-life.ts'

const batchSize = 128

export const cifar10 = {
  title: 'CIFAR-10 32×32, unconditional, as in the paper: days on a GPU',
  config: {
    ...cifar10Small.config,
    batchSize,
    imagesAtOnce: 16,
    totalImages: 500_000 * batchSize,

    learningRate: 2e-4,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    warmupImages: 5_000 * batchSize,
    decayFraction: 0,
    finalRate: 1,
    clipNorm: null,
    emaHalfLifeImages: emaHalfLife({ decay: 0.9999, batchSize }),

    denoiser: {
      kind: 'song-unet',
      options: {
        modelChannels: 128,
        multipliers: [2, 2, 2],
        embeddingMultiplier: 4,
        blocks: 4,
        attentionResolutions: [16],
        dropout: 0.13,
      },
    },
    encoder: {
      kind: 'diffusers-unet',
      options: {
        channels: [32, 64, 64, 64],
        blocks: 2,
        attention: [3],
        headChannels: 8,
        middle: false,
        timeEmbedding: false,
        classEmbedding: false,
      },
    },
    sampleEveryImages: 10_000 * batchSize,
    checkpointEveryImages: 10_000 * batchSize,
  },
} as const satisfies Preset
