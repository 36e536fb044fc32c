/**
 * The settings that the presets for a CPU have in common. Each of them adds its data, length, learning rate, networks and
 * sampling. The paper's presets (`paper.ts`) do not use it.
 */
export const cpuBase = {
  size: null,
  channels: null,
  limit: null,
  badImages: 'refuse',
  badImagesLimit: 0.1,
  labels: true,
  flip: false,
  seed: 1,
  imagesAtOnce: null,
  labelDropout: 0.1,
  optimizer: 'adam',
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 0,
  decayFraction: 1 / 3,
  finalRate: 0.02,
  clipNorm: 1,
  coupling: 'independent',
  source: {
    kappa: 'image',
    gaussian: 'mean-variance',
    mixing: 'distribution',
    tanh: false,
    weight: 'uniform',
    conditionOnWeight: false,
    detachEncoder: false,
  },
  keepCheckpoints: 2,
} as const
