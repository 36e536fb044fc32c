/** CIFAR-10 without labels, at sizes that a CPU can train. The paper's CIFAR-10 model is in `paper.ts`. */

import type { Preset } from '../training-config.ts'
import { cpuBase } from './cpu-base.ts'

export const cifar10Small = {
  title: 'CIFAR-10 32×32, unconditional, a small network: hours on two cores',
  config: {
    ...cpuBase,
    data: 'cifar10',
    labels: false,
    labelDropout: 0,
    flip: true,
    batchSize: 64,
    totalImages: 1_000_000,
    learningRate: 1e-3,
    warmupImages: 64_000,
    emaHalfLifeImages: 20_000,
    source: { ...cpuBase.source, klWeight: 1e-5 },
    denoiser: {
      kind: 'unet',
      options: { patchSize: 2, channels: [64, 128], blocks: 2, attention: [1], headChannels: 32 },
    },
    encoder: {
      kind: 'unet',
      options: { patchSize: 2, channels: [32, 64], blocks: 1, attention: [], headChannels: 32 },
    },
    sampling: { solver: 'heun', nfe: 9, gridPower: 1, guidance: 0 },
    sampleEveryImages: 50_000,
    checkpointEveryImages: 50_000,
  },
} as const satisfies Preset

/**
 * For `mixflow experiment few-step`: 2.6 million parameters, so that a run of each method and seed takes less than half an
 * hour of one core. The learning rate, β and the moving average were chosen in a pilot study in PyTorch.
 */
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
