/** What the published model `emoji` was trained by: a test compares it with the package. */

import type { Preset } from '../training-config.ts'
import { emoji } from './emoji.ts'
import { zooCifar10Small } from './zoo-cifar10-small.ts'

export const zooEmoji = {
  title: 'the published model emoji',
  config: {
    ...emoji.config,
    data: 'twemoji-plain',
    batchSize: 32,
    totalImages: 300_000,
    warmupImages: 6_400,
    emaHalfLifeImages: 20_000,
    source: { ...emoji.config.source, conditionOnWeight: true },
    denoiser: zooCifar10Small.config.denoiser,
    encoder: zooCifar10Small.config.encoder,
    sampling: { solver: 'ab2', nfe: 9, gridPower: 1.3, guidance: 0.5 },
    sampleEveryImages: 75_000,
    checkpointEveryImages: 25_000,
  },
} as const satisfies Preset
