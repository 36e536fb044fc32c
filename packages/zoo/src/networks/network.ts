/**
 * What a network is here: a list of named parameters and a function of them. Nothing is stored in it, so the same
 * network trains (on tensors that record gradients), is exported (traced once) and is counted or laid out in memory
 * (from the list alone).
 *
 * Parameters have PyTorch's names and layouts (convolutions OIHW, linear layers [out, in]), so that weights load by
 * name. Images inside networks are NHWC, as tfjs's convolutions want them.
 */

import { MixflowError, normals, type Stream, uniforms } from '@mixflow/core'
import type * as tf from '@tensorflow/tfjs-core'

/** How a parameter starts: uniform in ±bound, normal with a deviation, or one value everywhere. */
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

/** A part of a network: its parameters, and what it does with them. */
export interface Layer<Inputs extends readonly unknown[]> {
  readonly parameters: readonly ParameterSpec[]
  apply(parameters: Parameters, ...inputs: Inputs): tf.Tensor4D
}

/** What a denoiser is told besides the image; one number per image each. */
export interface DenoiserCondition {
  /** Class index, int32 [N]; the number of classes stands for "no label". */
  readonly label?: tf.Tensor1D | undefined
  /** w, float32 [N] in 0..1. */
  readonly mixtureWeight?: tf.Tensor1D | undefined
  /** In training, which values dropout keeps: bool [N, dropout.values]. Left out, nothing is dropped. */
  readonly dropoutMask?: tf.Tensor2D | undefined
  /**
   * Told what the parts give, by the names of their parameters, images as [N, H, W, C]: for comparing with another
   * implementation. Networks may tell nothing.
   */
  readonly onPart?: ((name: string, output: tf.Tensor) => void) | undefined
}

/** Dropout of a network in training. */
export interface Dropout {
  /** Share of values that are dropped, 0..1 (both excluded). */
  readonly rate: number
  /** How many values of an image may be dropped, over all layers. */
  readonly values: number
}

/** xt float32 [N, H, W, C], t float32 [N] in 0..1 -> velocity, shaped like xt. */
export interface DenoiserNetwork {
  readonly parameters: readonly ParameterSpec[]
  /** Absent: none. */
  readonly dropout?: Dropout | undefined
  apply(parameters: Parameters, xt: tf.Tensor4D, t: tf.Tensor1D, condition: DenoiserCondition): tf.Tensor4D
}

/** What an encoder may be told besides κ. */
export interface EncoderCondition {
  /** Class index of each image, int32 [N], for networks with a class embedding. Left out, no class is known. */
  readonly label?: tf.Tensor1D | undefined
}

/** κ (images float32 [N, H, W, C], or labels int32 [N]) -> the raw output, [N, H, W, C] or with twice the channels. */
export interface EncoderNetwork {
  readonly parameters: readonly ParameterSpec[]
  /** Whether it is to be told the class of each image besides κ. */
  readonly takesLabel?: boolean
  apply(parameters: Parameters, kappa: tf.Tensor, condition?: EncoderCondition): tf.Tensor4D
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)

/** How many numbers these are in all. */
export const countParameters = (parameters: readonly ParameterSpec[]): number =>
  parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0)

/** The tensor of this name. */
export function parameter(parameters: Parameters, name: string): tf.Tensor {
  const tensor = parameters[name]
  if (tensor !== undefined) return tensor
  throw new MixflowError('ARGUMENT_INVALID', `the parameter "${name}" is missing`, {
    hint: `give a tensor for each of the network's parameters; there are ${Object.keys(parameters).length}`,
  })
}

/** Initial values under a seed: a parameter's depend on its place in the list, not on the sizes of the others. */
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
