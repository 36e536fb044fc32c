/**
 * SampleBackend: the interface behind which an SDK keeps its runtime. It calls the networks, and defines where a batch of images lives
 * between the calls and how states are combined: plain arrays, tensors, GPU buffers.
 */
import { float32Space, type LinearSpace } from '../method/linear-space.ts'
import type { CallEncoder } from './draw-source.ts'

/** Inputs of the denoiser besides x, one number per image each, named as the model's ports. */
export interface DenoiserInputs {
  readonly t: Float32Array
  /** Present if the model has classes; the number of classes means "no label". */
  readonly label?: Int32Array
  /** Present if the denoiser is conditioned on the mixture weight. */
  readonly w?: Float32Array
}

/** Runs a model's networks. T is a batch of images wherever states live. */
export interface SampleBackend<T> {
  readonly space: LinearSpace<T>
  /** Number of evaluations, and so of batches, that may run at once. Default: 1. */
  readonly concurrency?: number
  velocity(x: T, inputs: DenoiserInputs): T | Promise<T>
  /** Both velocities of a guided evaluation, for backends where one batch of twice the size costs less than two calls. */
  velocityPair?(x: T, inputs: DenoiserInputs, others: DenoiserInputs): Promise<readonly [T, T]>
  /** Required for variations, and for sampling if κ is the label or noise. */
  encode?: CallEncoder
  /** `[images, C, H, W]` to a state. */
  upload(images: Float32Array): T | Promise<T>
  download(state: T): Float32Array | Promise<Float32Array>
}

/** Returns a backend whose states are plain arrays. */
export function float32Backend(
  networks: Pick<SampleBackend<Float32Array>, 'velocity' | 'velocityPair' | 'encode'>,
): SampleBackend<Float32Array> {
  return { ...networks, space: float32Space, upload: images => images, download: state => state }
}
