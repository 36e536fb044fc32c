/** Twemoji, 32×32 in colour, by category. Needs the optional package emoji-datasource-twitter. */

import type { Preset } from '../training-config.ts'
import { cpuBase } from './cpu-base.ts'

export const emoji = {
  title: 'Twemoji 32×32 by category, 3,786 images (npm i emoji-datasource-twitter)',
  config: {
    ...cpuBase,
    data: 'twemoji',
    flip: true,
    batchSize: 64,
    totalImages: 1_000_000,
    learningRate: 1e-3,
    warmupImages: 64_000,
    emaHalfLifeImages: 20_000,
    source: { ...cpuBase.source, klWeight: 1e-4 },
    denoiser: {
      kind: 'unet',
      options: { patchSize: 2, channels: [64, 128, 128], blocks: 2, attention: [1, 2], headChannels: 32 },
    },
    encoder: {
      kind: 'unet',
      options: { patchSize: 2, channels: [32, 64], blocks: 1, attention: [], headChannels: 32 },
    },
    sampling: { solver: 'heun', nfe: 9, gridPower: 1, guidance: 0.5 },
    sampleEveryImages: 50_000,
    checkpointEveryImages: 50_000,
  },
} as const satisfies Preset
