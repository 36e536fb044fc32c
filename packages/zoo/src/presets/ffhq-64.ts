/** The paper's FFHQ model at 64×64, with all settings of the release. The pictures are one's own copy: give --data. */

import type { Preset } from '../training-config.ts'
import { cifar10 } from './cifar10.ts'
import { emaHalfLife } from './ema-half-life.ts'

const batchSize = 64

export const ffhq64 = {
  title: 'FFHQ 64×64 as in the paper, from a folder or zip: give --data; days on a GPU',
  config: {
    ...cifar10.config,
    data: '',
    size: 64,
    channels: 3,
    batchSize,
    imagesAtOnce: 4,
    totalImages: 800_000 * batchSize,
    warmupImages: 39_060 * batchSize,
    emaHalfLifeImages: emaHalfLife({ decay: 0.9999, batchSize }),
    source: { ...cifar10.config.source, klWeight: 5e-5 },
    denoiser: {
      kind: 'song-unet',
      options: {
        modelChannels: 128,
        multipliers: [1, 2, 2, 2],
        embeddingMultiplier: 4,
        blocks: 4,
        attentionResolutions: [16],
        dropout: 0.05,
      },
    },
    sampleEveryImages: 10_000 * batchSize,
    checkpointEveryImages: 10_000 * batchSize,
  },
} as const satisfies Preset
