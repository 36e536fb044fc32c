/**
 * Adam and AdamW on one vector, the moving average, and the learning-rate schedule, all pure functions. Numbers that change
 * from step to step (rates, bias corrections) are computed in double precision and passed to the compiled step as scalars.
 *
 * Sources: Kingma & Ba 2015; Loshchilov & Hutter 2019 (decoupled decay). Same operations, in the same order, as PyTorch.
 */

import type { TrainingConfig } from '@mixflow/zoo'
import { hasKernel, runKernel } from '@mixflow/zoo/networks'
import * as tf from '@tensorflow/tfjs-core'

export type AdamConfig = Pick<TrainingConfig, 'optimizer' | 'beta1' | 'beta2' | 'epsilon' | 'weightDecay'>

export interface AdamState {
  readonly firstMoment: tf.Tensor
  readonly secondMoment: tf.Tensor
}

export interface AdamScalars {
  /** rate / (1 − β₁ᵗ) */
  readonly stepSize: number
  /** 1 / √(1 − β₂ᵗ) */
  readonly correction: number
  /** 1 − rate · weightDecay; 1 for Adam. */
  readonly shrink: number
}

/** The scalars of one step. @param step number of the step, from 1. */
export function adamScalars(config: AdamConfig, { step, rate }: { step: number; rate: number }): AdamScalars {
  return {
    stepSize: rate / (1 - config.beta1 ** step),
    correction: 1 / Math.sqrt(1 - config.beta2 ** step),
    shrink: config.optimizer === 'adamw' ? 1 - rate * config.weightDecay : 1,
  }
}

export interface AdamInput extends AdamState {
  readonly parameters: tf.Tensor
  readonly gradient: tf.Tensor
  readonly scalars: Readonly<Record<keyof AdamScalars, tf.Tensor>>
}

/** New parameters and moments. */
export function adamUpdate(config: AdamConfig, input: AdamInput): AdamState & { readonly parameters: tf.Tensor } {
  const { parameters, gradient, scalars } = input
  const firstMoment = tf.add(tf.mul(input.firstMoment, config.beta1), tf.mul(gradient, 1 - config.beta1))
  const secondMoment = tf.add(tf.mul(input.secondMoment, config.beta2), tf.mul(tf.square(gradient), 1 - config.beta2))
  const scale = tf.add(tf.mul(tf.sqrt(secondMoment), scalars.correction), config.epsilon)
  const decayed = config.optimizer === 'adamw' ? tf.mul(parameters, scalars.shrink) : parameters
  return {
    firstMoment,
    secondMoment,
    parameters: tf.sub(decayed, tf.div(tf.mul(firstMoment, scalars.stepSize), scale)),
  }
}

/** The exponential moving average after a step: keep · ema + (1 − keep) · parameters. `keep` is a scalar in 0..1. */
export function movingAverage({ ema, parameters, keep }: Readonly<Record<'ema' | 'parameters' | 'keep', tf.Tensor>>) {
  return tf.add(tf.mul(ema, keep), tf.mul(parameters, tf.sub(1, keep)))
}

/** Whether the current backend updates parameters and moving average by kernels of its own. */
export const hasFusedUpdate = (): boolean => hasKernel('Adam') && hasKernel('Lerp')

/** `gradient` is clipped. */
type FusedUpdateInput = AdamState & Readonly<Record<'parameters' | 'ema' | 'gradient', tf.Tensor>>

/**
 * The moving average and the update by the backend's kernels: the same results as the formulas above, up to rounding. With `overwrite`,
 * they are stored in the memory of the inputs.
 */
export function fusedUpdate(
  config: AdamConfig,
  { ema, ...inputs }: FusedUpdateInput,
  { step, rate, keep, overwrite }: Readonly<Record<'step' | 'rate' | 'keep', number>> & { readonly overwrite: boolean },
) {
  const { beta1, beta2, epsilon, optimizer, weightDecay } = config
  const decoupled = optimizer === 'adamw'
  const decay = decoupled ? weightDecay : 0
  const attributes = { rate, step, beta1, beta2, epsilon, decoupled, weightDecay: decay, inPlace: overwrite }
  // before the parameters change
  const [average] = runKernel('Lerp', { a: ema, b: inputs.parameters }, { weight: 1 - keep, inPlace: overwrite }) as [
    tf.Tensor,
  ]
  const [parameters, firstMoment, secondMoment] = runKernel('Adam', { ...inputs }, attributes) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ]
  return { parameters, firstMoment, secondMoment, ema: average }
}

/**
 * `keep` of the moving average at a step: from the half-life in images, and smaller in the first steps, when old parameters are
 * worth little. 0 at the first step, which copies.
 *
 * @param step number of the step, from 1.
 */
export function emaKeep(config: Pick<TrainingConfig, 'emaHalfLifeImages' | 'batchSize'>, step: number): number {
  if (step === 1) return 0
  const decay = 0.5 ** (config.batchSize / config.emaHalfLifeImages)
  return Math.min(decay, step / (step + 9))
}

/**
 * The learning rate of a step that begins after `imagesSeen` images: rises linearly from 0 during the warm-up, then is constant,
 * and falls linearly over the last `decayFraction` of the run. The first step has rate 0, as in the reference implementation.
 */
export function learningRate(
  config: Pick<TrainingConfig, 'learningRate' | 'warmupImages' | 'decayFraction' | 'finalRate' | 'totalImages'>,
  imagesSeen: number,
): number {
  const { warmupImages, decayFraction, finalRate, totalImages } = config
  const warm = warmupImages === 0 ? 1 : Math.min(1, imagesSeen / warmupImages)
  const decayImages = totalImages * decayFraction
  const left = decayImages === 0 ? 1 : Math.min(1, Math.max(0, (totalImages - imagesSeen) / decayImages))
  return config.learningRate * warm * (finalRate + (1 - finalRate) * left)
}
