/** CIFAR-10 without labels, at a size that two cores can train in hours. */

import type { Preset } from '../training-config.ts'
import { emoji } from './emoji.ts'

export const cifar10Small = {
  title: 'CIFAR-10 32×32, unconditional, a small network: hours on two cores',
  config: {
    ...emoji.config,
    data: 'cifar10',
    labels: false,
    labelDropout: 0,
    source: { ...emoji.config.source, klWeight: 1e-5 },
    denoiser: {
      kind: 'unet',
      options: { patchSize: 2, channels: [64, 128], blocks: 2, attention: [1], headChannels: 32 },
    },
    sampling: { solver: 'heun', nfe: 9, gridPower: 1, guidance: 0 },
  },
} as const satisfies Preset
