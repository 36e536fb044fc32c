/**
 * A perceptron: linear layers with SiLU between them, on rows of numbers. The network for data that are no images, such as
 * points in a plane, where the whole method can be watched.
 */

import { MixflowError } from '@mixflow/core'
import type * as tf from '@tensorflow/tfjs-core'
import { linear, silu } from './layers.ts'
import type { ParameterSpec, Parameters } from './network.ts'

export interface MlpOptions {
  readonly from: number
  readonly to: number
  /** Widths of the layers between; at least one. */
  readonly hidden: readonly number[]
}

export interface Mlp {
  readonly parameters: readonly ParameterSpec[]
  /** [N, from] -> [N, to] */
  apply(parameters: Parameters, x: tf.Tensor2D): tf.Tensor2D
}

/** @throws MixflowError ARGUMENT_INVALID for widths that are no whole numbers of at least 1. */
export function mlp(name: string, { from, to, hidden }: MlpOptions): Mlp {
  const widths = [from, ...hidden, to]
  if (hidden.length === 0 || !widths.every(width => Number.isInteger(width) && width >= 1)) {
    throw new MixflowError('ARGUMENT_INVALID', `a perceptron has at least one hidden layer, got widths ${widths}`)
  }
  const layers = widths.slice(1).map((width, i) => linear(`${name}.${i}`, { from: widths[i]!, to: width }))
  return {
    parameters: layers.flatMap(({ parameters }) => parameters),
    apply: (given, x) => layers.reduce((h, layer, i) => layer.apply(given, i === 0 ? h : silu(h)), x),
  }
}
