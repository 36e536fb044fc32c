/** What the published model `mnist` was trained by: a test compares it with the package. */

import type { Preset } from '../training-config.ts'
import { mnist } from './mnist.ts'

export const zooMnist = {
  title: 'the published model mnist',
  config: {
    ...mnist.config,
    totalImages: 200_000,
    source: { ...mnist.config.source, conditionOnWeight: true },
    sampling: { solver: 'ab2', nfe: 5, gridPower: 1.3, guidance: 0 },
    sampleEveryImages: 40_000,
    checkpointEveryImages: 20_000,
  },
} as const satisfies Preset
