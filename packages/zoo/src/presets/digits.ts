/** Handwritten digits (MNIST), 28×28 in grey: a network that learns them in minutes on two cores. */

import type { Preset } from '../training-config.ts'
import { cpuBase } from './cpu-base.ts'

export const quickstart = {
  title: '10,000 embedded MNIST digits, by label: minutes on two cores',
  config: {
    ...cpuBase,
    data: 'quickstart',
    batchSize: 32,
    totalImages: 64_000,
    learningRate: 2e-3,
    warmupImages: 3_200,
    emaHalfLifeImages: 3_000,
    source: { ...cpuBase.source, klWeight: 2e-3 },
    denoiser: {
      kind: 'unet',
      options: { patchSize: 2, channels: [32, 64], blocks: 1, attention: [1], headChannels: 32 },
    },
    encoder: {
      kind: 'unet',
      options: { patchSize: 2, channels: [16], blocks: 1, attention: [], headChannels: 16 },
    },
    sampling: { solver: 'heun', nfe: 5, gridPower: 1, guidance: 1 },
    sampleEveryImages: 8_000,
    checkpointEveryImages: 8_000,
  },
} as const satisfies Preset

/** The quick start's network on all 60,000 digits, trained for longer. */
export const mnist = {
  title: 'MNIST, 60,000 digits by label',
  config: {
    ...quickstart.config,
    data: 'mnist',
    totalImages: 144_000,
    emaHalfLifeImages: 6_000,
    sampleEveryImages: 32_000,
    checkpointEveryImages: 16_000,
  },
} as const satisfies Preset

/** For `mixflow experiment few-step`. */
export const mnistFewStep = {
  title: 'MNIST, unconditional, for comparing methods: minutes on one core',
  config: {
    ...mnist.config,
    labels: false,
    labelDropout: 0,
    batchSize: 64,
    totalImages: 1000 * 64,
    learningRate: 1e-3,
    warmupImages: 100 * 64,
    sampling: { solver: 'heun', nfe: 9, gridPower: 1, guidance: 0 },
  },
} as const satisfies Preset
