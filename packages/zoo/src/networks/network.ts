/**
 * A network is a list of named parameters and a pure function of them. It holds no values, so the same network is trained (with
 * tensors that record gradients) and exported (traced once).
 *
 * Parameters have PyTorch's names and layouts (convolutions OIHW, linear layers [out, in]), so that released parameters load by name.
 * Images inside networks are NHWC, the layout of tfjs's convolutions.
 */

import { MixflowError, normals, type Stream, uniforms } from '@mixflow/core'
import type * as tf from '@tensorflow/tfjs-core'

/** Initialization of a parameter: uniform in ±bound, normal with a standard deviation, or constant. */
export type Initial =
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'constant'; readonly value: number }

export interface ParameterSpec {
  readonly name: string
  readonly shape: readonly number[]
  readonly initial: Initial
}

/** Tensors by parameter name. */
export type Parameters = Readonly<Record<string, tf.Tensor>>

/** A part of a network: its parameters and a function of them. */
export interface Layer<Inputs extends readonly unknown[]> {
  readonly parameters: readonly ParameterSpec[]
  apply(parameters: Parameters, ...inputs: Inputs): tf.Tensor4D
}

/** What a denoiser is conditioned on besides xt and t. */
export interface DenoiserCondition {
  /** Class index, int32 [N]; the number of classes stands for "no label". */
  readonly label?: tf.Tensor1D | undefined
  /** w, float32 [N] in 0..1. */
  readonly mixtureWeight?: tf.Tensor1D | undefined
  /** In training, the values that dropout keeps: bool [N, dropout.values]. Default: all. */
  readonly dropoutMask?: tf.Tensor2D | undefined
  /**
   * Called with the output of each part (images [N, H, W, C]) and the name of its parameters, to compare with another
   * implementation. Not all networks call it.
   */
  readonly onPart?: ((name: string, output: tf.Tensor) => void) | undefined
}

/** Dropout of a network in training. */
export interface Dropout {
  /** Fraction of values that are dropped, 0..1 (both excluded). */
  readonly rate: number
  /** Number of values per image that may be dropped, over all layers. */
  readonly values: number
}

/** xt float32 [N, H, W, C], t float32 [N] in 0..1 -> velocity, shaped like xt. */
export interface DenoiserNetwork {
  readonly parameters: readonly ParameterSpec[]
  /** Absent without dropout. */
  readonly dropout?: Dropout | undefined
  apply(parameters: Parameters, xt: tf.Tensor4D, t: tf.Tensor1D, condition: DenoiserCondition): tf.Tensor4D
}

/** What an encoder may be conditioned on besides κ. */
export interface EncoderCondition {
  /** Class index of each image, int32 [N], for networks with a class embedding. Absent: no label. */
  readonly label?: tf.Tensor1D | undefined
}

/** κ (images float32 [N, H, W, C], or labels int32 [N]) -> the raw output, [N, H, W, C] or with twice the channels. */
export interface EncoderNetwork {
  readonly parameters: readonly ParameterSpec[]
  /** Whether the network uses the label besides κ. */
  readonly takesLabel?: boolean
  apply(parameters: Parameters, kappa: tf.Tensor, condition?: EncoderCondition): tf.Tensor4D
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)

/** Total number of values. */
export const countParameters = (parameters: readonly ParameterSpec[]): number =>
  parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0)

/** The tensor of a parameter. @throws MixflowError ARGUMENT_INVALID if it is missing */
export function parameter(parameters: Parameters, name: string): tf.Tensor {
  const tensor = parameters[name]
  if (tensor !== undefined) return tensor
  throw new MixflowError('ARGUMENT_INVALID', `the parameter "${name}" is missing`, {
    hint: `pass a tensor for each parameter of the network; got ${Object.keys(parameters).length}`,
  })
}

/** Initial values for a seed. Those of a parameter depend on its index in the list, not on the other parameters. */
export function initialValues(
  parameters: readonly ParameterSpec[],
  { seed, firstIndex = 0 }: { readonly seed: number; readonly firstIndex?: number },
): Map<string, Float32Array> {
  const stream: Stream = 'initialization'
  return new Map(
    parameters.map(({ name, shape, initial }, i) => {
      const draw = { seed, stream, firstImage: firstIndex + i, images: 1, elementsPerImage: sizeOf(shape) }
      switch (initial.kind) {
        case 'uniform':
          return [name, uniforms(draw).map(u => (2 * u - 1) * initial.bound)]
        case 'normal':
          return [name, normals(draw).map(z => z * initial.deviation)]
        default:
          return [name, new Float32Array(draw.elementsPerImage).fill(initial.value)]
      }
    }),
  )
}
