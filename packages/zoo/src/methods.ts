/**
 * The methods that MixFlow is compared with, as the settings in which they differ from it. Any preset can be trained by
 * any of them: same network, same data, same steps, another source.
 *
 *   mixflow             the preset as it stands: a κ-conditioned source, mixed with noise by a random weight
 *   fast-ode            the κ-conditioned source alone (w = 1 in every step), which sampling then has to do without
 *   rectified-flow      plain noise
 *   optimal-transport   plain noise, paired with the images of its batch so that the summed squared distance is least
 */

import type { TrainingConfig } from './training-config.ts'

const unconditioned = { source: null, encoder: null }

const changes = {
  mixflow: config => config,
  'fast-ode': config => ({ ...config, source: config.source && { ...config.source, weight: 1 } }),
  'rectified-flow': config => ({ ...config, ...unconditioned }),
  'optimal-transport': config => ({ ...config, ...unconditioned, coupling: 'optimal-transport' }),
} as const satisfies Record<string, (config: TrainingConfig) => TrainingConfig>

export type MethodName = keyof typeof changes

export const methodNames = Object.keys(changes) as readonly MethodName[]

/** The configuration of a preset, to be trained by that method. */
export const withMethod = (config: TrainingConfig, method: MethodName): TrainingConfig => changes[method](config)
