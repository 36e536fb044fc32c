/**
 * The exponential moving average of the weights, which is what samples are made with: one step of it, as a pure function
 * that a compiled training step records. How much is kept from step to step is `emaKeep`'s affair.
 */

import * as tf from '@tensorflow/tfjs-core'

/** keep · ema + (1 − keep) · parameters; `keep` is a scalar in 0..1, and 0 copies. */
export function movingAverage({ ema, parameters, keep }: Readonly<Record<'ema' | 'parameters' | 'keep', tf.Tensor>>) {
  return tf.add(tf.mul(ema, keep), tf.mul(parameters, tf.sub(1, keep)))
}
