/** Learning rate and moving average as functions of how far the run is. */

import type { TrainingConfig } from '@mixflow/zoo'

type RateConfig = Pick<TrainingConfig, 'learningRate' | 'warmupImages' | 'decayFraction' | 'finalRate' | 'totalImages'>

/**
 * The rate of a step that begins after `imagesSeen` images: up linearly from 0 over the warm-up, constant, and down
 * linearly over the last `decayFraction` of the run. The first step has rate 0, as in the reference implementation.
 */
export function learningRate(config: RateConfig, imagesSeen: number): number {
  const { warmupImages, decayFraction, finalRate, totalImages } = config
  const warm = warmupImages === 0 ? 1 : Math.min(1, imagesSeen / warmupImages)
  const decayImages = totalImages * decayFraction
  const left = decayImages === 0 ? 1 : Math.min(1, Math.max(0, (totalImages - imagesSeen) / decayImages))
  return config.learningRate * warm * (finalRate + (1 - finalRate) * left)
}

/**
 * How much of the moving average stays at a step: by half-life in images, and less at the beginning, when there is little
 * worth remembering. The first update copies.
 *
 * @param step number of the step, from 1.
 */
export function emaKeep(config: Pick<TrainingConfig, 'emaHalfLifeImages' | 'batchSize'>, step: number): number {
  if (step === 1) return 0
  const decay = 0.5 ** (config.batchSize / config.emaHalfLifeImages)
  return Math.min(decay, step / (step + 9))
}
