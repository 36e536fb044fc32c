/** MNIST without labels, for comparing methods (`mixflow experiment few-step`): the quick start's networks, other lengths. */

import type { Preset } from '../training-config.ts'
import { cifar10FewStep } from './cifar10-few-step.ts'
import { mnist } from './mnist.ts'
import { quickstart } from './quickstart.ts'

export const mnistFewStep = {
  title: 'MNIST, unconditional, for comparing methods: minutes on one core',
  config: {
    ...cifar10FewStep.config,
    data: 'mnist',
    flip: false,
    totalImages: 1000 * 64,
    warmupImages: 100 * 64,
    emaHalfLifeImages: mnist.config.emaHalfLifeImages,
    source: quickstart.config.source,
    denoiser: quickstart.config.denoiser,
    encoder: quickstart.config.encoder,
  },
} as const satisfies Preset
