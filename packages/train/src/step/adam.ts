/**
 * Adam and AdamW on one vector, as a pair of pure functions. The numbers that change from step to step (rates, bias
 * corrections) are computed here in double precision and fed as scalars, so a compiled step never changes.
 *
 * Sources: Kingma & Ba 2015; Loshchilov & Hutter 2019 (decoupled decay). Same operations, in the same order, as PyTorch.
 */

import * as tf from '@tensorflow/tfjs-core'

export interface AdamConfig {
  readonly optimizer: 'adam' | 'adamw'
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  readonly weightDecay: number
}

export interface AdamState {
  readonly firstMoment: tf.Tensor
  readonly secondMoment: tf.Tensor
}

/** What a step is told, each a scalar. */
export interface AdamScalars {
  /** rate / (1 − β₁ᵗ) */
  readonly stepSize: number
  /** 1 / √(1 − β₂ᵗ) */
  readonly correction: number
  /** 1 − rate · weightDecay; 1 for Adam. */
  readonly shrink: number
}

/** What of Adam's update is the same for all parameters. @param step number of this step, from 1. */
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
  const kept = config.optimizer === 'adamw' ? tf.mul(parameters, scalars.shrink) : parameters
  return {
    firstMoment,
    secondMoment,
    parameters: tf.sub(kept, tf.div(tf.mul(firstMoment, scalars.stepSize), scale)),
  }
}
