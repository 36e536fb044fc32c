/**
 * MixFlow and the methods it is compared with, as changes of a configuration. Any preset can be trained with each of them: same
 * networks, data and steps, but another source.
 *
 *   mixflow             the preset itself: a κ-conditioned source, mixed with noise by a random weight w
 *   fast-ode            the κ-conditioned source alone (w = 1), although sampling starts from plain noise
 *   rectified-flow      plain noise
 *   optimal-transport   plain noise, paired with the images of its batch by minimum total squared distance
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

/** A configuration for training with a method. */
export const withMethod = (config: TrainingConfig, method: MethodName): TrainingConfig => changes[method](config)
