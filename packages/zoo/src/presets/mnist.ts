/** All 60,000 MNIST digits: the quick start's network, longer. */

import type { Preset } from '../training-config.ts'
import { quickstart } from './quickstart.ts'

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
