/** What the published model `cifar10-small` was trained by: a test compares it with the package. */

import type { Preset } from '../training-config.ts'
import { cifar10FewStep } from './cifar10-few-step.ts'

export const zooCifar10Small = {
  title: 'the published model cifar10-small',
  config: {
    ...cifar10FewStep.config,
    labels: true,
    labelDropout: 0.1,
    totalImages: 6000 * 64,
    emaHalfLifeImages: 20_000,
    source: { ...cifar10FewStep.config.source, klWeight: 5e-4, conditionOnWeight: true },
    denoiser: {
      kind: 'unet',
      options: { patchSize: 2, channels: [64, 96, 128], blocks: 1, attention: [1, 2], headChannels: 32 },
    },
    sampling: { solver: 'ab2', nfe: 9, gridPower: 1.3, guidance: 1 },
    sampleEveryImages: 1000 * 64,
    checkpointEveryImages: 500 * 64,
  },
} as const satisfies Preset
