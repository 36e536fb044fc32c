/**
 * A folder of one's own images: what `mixflow train --data ./photos` uses. Networks and batch are fitted to the images, and the length
 * to the time that there is (`--hours`); the numbers here stand in proportion to each other.
 */

import type { Preset } from '../training-config.ts'
import { emoji } from './emoji.ts'

export const photos = {
  title: 'a folder or zip of images (sub-folders are classes): give --data',
  config: {
    ...emoji.config,
    data: '',
    size: 32,
    channels: 3,
    totalImages: 100_000,
    warmupImages: 4_000,
    decayFraction: 1 / 2,
    emaHalfLifeImages: 2_500,
    source: { ...emoji.config.source, conditionOnWeight: true },
    denoiser: { kind: 'unet', options: { ...emoji.config.denoiser.options, output: 'velocity' } },
    sampling: { solver: 'ab2', nfe: 9, gridPower: 1.3, guidance: 0.5 },
    sampleEveryImages: 10_000,
    checkpointEveryImages: 10_000,
  },
} as const satisfies Preset
