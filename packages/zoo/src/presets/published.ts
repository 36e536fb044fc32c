/** What the published models were trained by. A test of `mixflow zoo` compares each preset with its model's package. */

import type { Preset } from '../training-config.ts'
import { cifar10FewStep } from './cifar10.ts'
import { mnist } from './digits.ts'
import { emoji } from './emoji.ts'

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

/** `zoo/mnist` with a source conditioned on the label (κ = label). */
export const zooMnistLabelSource = {
  title: 'the published model mnist-label-source',
  config: { ...zooMnist.config, source: { ...zooMnist.config.source, kappa: 'label' } },
} as const satisfies Preset

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
