/**
 * The paper's models with all settings of its release, for training on a GPU. Each preset lists every setting, so that it can
 * be compared with the release line by line. Counts are written as steps × batch size.
 */

import type { Preset } from '../training-config.ts'

/** The half-life, in images, of a moving average that the paper states as its decay per step. */
const emaHalfLife = ({ decay, batchSize }: { readonly decay: number; readonly batchSize: number }): number =>
  (batchSize * Math.log(0.5)) / Math.log(decay)

/** The κ-encoder, the same for all three: 1.9 million parameters. */
const encoder = {
  kind: 'diffusers-unet',
  options: {
    channels: [32, 64, 64, 64],
    blocks: 2,
    attention: [3],
    headChannels: 8,
    middle: false,
    timeEmbedding: false,
    classEmbedding: false,
  },
} as const

/** Unconditional, 55.7 million parameters, 64 million images. */
export const cifar10 = {
  title: 'CIFAR-10 32×32, unconditional, as in the paper: days on a GPU',
  config: {
    data: 'cifar10',
    size: null,
    channels: null,
    limit: null,
    badImages: 'refuse',
    badImagesLimit: 0.1,
    labels: false,
    flip: true,
    seed: 1,

    batchSize: 128,
    imagesAtOnce: 16,
    totalImages: 500_000 * 128,
    labelDropout: 0,

    optimizer: 'adam',
    learningRate: 2e-4,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0,
    warmupImages: 5_000 * 128,
    decayFraction: 0,
    finalRate: 1,
    clipNorm: null,
    emaHalfLifeImages: emaHalfLife({ decay: 0.9999, batchSize: 128 }),

    coupling: 'independent',
    source: {
      kappa: 'image',
      gaussian: 'mean-variance',
      mixing: 'distribution',
      tanh: false,
      weight: 'uniform',
      klWeight: 1e-5,
      conditionOnWeight: false,
      detachEncoder: false,
    },
    denoiser: {
      kind: 'song-unet',
      options: {
        modelChannels: 128,
        multipliers: [2, 2, 2],
        embeddingMultiplier: 4,
        blocks: 4,
        attentionResolutions: [16],
        dropout: 0.13,
      },
    },
    encoder,

    sampling: { solver: 'heun', nfe: 9, gridPower: 1, guidance: 0 },
    sampleEveryImages: 10_000 * 128,
    checkpointEveryImages: 10_000 * 128,
    keepCheckpoints: 2,
  },
} as const satisfies Preset

/** The images are your copy of the data set: give --data. */
export const ffhq64 = {
  title: 'FFHQ 64×64 as in the paper, from a folder or zip: give --data; days on a GPU',
  config: {
    data: '',
    size: 64,
    channels: 3,
    limit: null,
    badImages: 'refuse',
    badImagesLimit: 0.1,
    labels: false,
    flip: true,
    seed: 1,

    batchSize: 64,
    imagesAtOnce: 4,
    totalImages: 800_000 * 64,
    labelDropout: 0,

    optimizer: 'adam',
    learningRate: 2e-4,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0,
    warmupImages: 39_060 * 64,
    decayFraction: 0,
    finalRate: 1,
    clipNorm: null,
    emaHalfLifeImages: emaHalfLife({ decay: 0.9999, batchSize: 64 }),

    coupling: 'independent',
    source: {
      kappa: 'image',
      gaussian: 'mean-variance',
      mixing: 'distribution',
      tanh: false,
      weight: 'uniform',
      klWeight: 5e-5,
      conditionOnWeight: false,
      detachEncoder: false,
    },
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
    encoder,

    sampling: { solver: 'heun', nfe: 9, gridPower: 1, guidance: 0 },
    sampleEveryImages: 10_000 * 64,
    checkpointEveryImages: 10_000 * 64,
    keepCheckpoints: 2,
  },
} as const satisfies Preset

/** As FFHQ, with more dropout, because the data set is smaller. */
export const afhqv264 = {
  title: 'AFHQv2 64×64 as in the paper, from a folder or zip: give --data; days on a GPU',
  config: {
    data: '',
    size: 64,
    channels: 3,
    limit: null,
    badImages: 'refuse',
    badImagesLimit: 0.1,
    labels: false,
    flip: true,
    seed: 1,

    batchSize: 64,
    imagesAtOnce: 4,
    totalImages: 800_000 * 64,
    labelDropout: 0,

    optimizer: 'adam',
    learningRate: 2e-4,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0,
    warmupImages: 39_060 * 64,
    decayFraction: 0,
    finalRate: 1,
    clipNorm: null,
    emaHalfLifeImages: emaHalfLife({ decay: 0.9999, batchSize: 64 }),

    coupling: 'independent',
    source: {
      kappa: 'image',
      gaussian: 'mean-variance',
      mixing: 'distribution',
      tanh: false,
      weight: 'uniform',
      klWeight: 5e-5,
      conditionOnWeight: false,
      detachEncoder: false,
    },
    denoiser: {
      kind: 'song-unet',
      options: {
        modelChannels: 128,
        multipliers: [1, 2, 2, 2],
        embeddingMultiplier: 4,
        blocks: 4,
        attentionResolutions: [16],
        dropout: 0.25,
      },
    },
    encoder,

    sampling: { solver: 'heun', nfe: 9, gridPower: 1, guidance: 0 },
    sampleEveryImages: 10_000 * 64,
    checkpointEveryImages: 10_000 * 64,
    keepCheckpoints: 2,
  },
} as const satisfies Preset
