/** A multilayer perceptron: linear layers with SiLU between them. For data other than images, such as points in the plane. */

import { MixflowError } from '@mixflow/core'
import type * as tf from '@tensorflow/tfjs-core'
import { linear, silu } from './layers.ts'
import type { ParameterSpec, Parameters } from './network.ts'

export interface MlpOptions {
  readonly from: number
  readonly to: number
  /** Widths of the hidden layers; at least one. */
  readonly hidden: readonly number[]
}

export interface Mlp {
  readonly parameters: readonly ParameterSpec[]
  /** [N, from] -> [N, to] */
  apply(parameters: Parameters, x: tf.Tensor2D): tf.Tensor2D
}

/** @throws MixflowError ARGUMENT_INVALID unless all widths are positive integers. */
export function mlp(name: string, { from, to, hidden }: MlpOptions): Mlp {
  const widths = [from, ...hidden, to]
  if (hidden.length === 0 || !widths.every(width => Number.isInteger(width) && width >= 1)) {
    throw new MixflowError('ARGUMENT_INVALID', `a perceptron has at least one hidden layer, got widths ${widths}`)
  }
  const layers = widths.slice(1).map((width, i) => linear(`${name}.${i}`, { from: widths[i]!, to: width }))
  return {
    parameters: layers.flatMap(({ parameters }) => parameters),
    apply: (values, x) => layers.reduce((h, layer, i) => layer.apply(values, i === 0 ? h : silu(h)), x),
  }
}
