/** The quick start: 10,000 digits that come with the package, a network that learns them in minutes on two cores. */

import type { Preset } from '../training-config.ts'

export const quickstart = {
  title: '10,000 embedded MNIST digits, by label: minutes on two cores',
  config: {
    data: 'quickstart',
    size: null,
    channels: null,
    limit: null,
    badImages: 'refuse',
    badImagesLimit: 0.1,
    labels: true,
    flip: false,
    seed: 1,

    batchSize: 32,
    imagesAtOnce: null,
    totalImages: 64_000,
    labelDropout: 0.1,

    optimizer: 'adam',
    learningRate: 2e-3,
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    weightDecay: 0,
    warmupImages: 3_200,
    decayFraction: 1 / 3,
    finalRate: 0.02,
    clipNorm: 1,
    emaHalfLifeImages: 3_000,

    coupling: 'independent',
    source: {
      kappa: 'image',
      gaussian: 'mean-variance',
      mixing: 'distribution',
      tanh: false,
      weight: 'uniform',
      klWeight: 2e-3,
      conditionOnWeight: false,
      detachEncoder: false,
    },
    denoiser: {
      kind: 'unet',
      options: { patchSize: 2, channels: [32, 64], blocks: 1, attention: [1], headChannels: 32 },
    },
    encoder: {
      kind: 'unet',
      options: { patchSize: 2, channels: [16], blocks: 1, attention: [], headChannels: 16 },
    },

    sampling: { solver: 'heun', nfe: 5, gridPower: 1, guidance: 1 },
    sampleEveryImages: 8_000,
    checkpointEveryImages: 8_000,
    keepCheckpoints: 2,
  },
} as const satisfies Preset
