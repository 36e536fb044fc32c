/**
 * SampleBackend: the port behind which an SDK keeps its runtime. It calls the networks, and says where a batch of images lives
 * between the calls and how it is combined there: plain arrays, tensors, GPU buffers.
 */
import { float32Space, type LinearSpace } from '../method/linear-space.ts'
import type { EncoderOutputs } from './draw-source.ts'

/** Inputs of the denoiser besides x, each with one number per image; named as the model's ports. */
export interface DenoiserInputs {
  readonly t: Float32Array
  /** Where the model has classes; the number of classes means "no label". */
  readonly label?: Int32Array
  /** Where the model is conditioned on the mixture weight. */
  readonly w?: Float32Array
}

/** What runs a model's networks. T is a batch of images wherever states live. */
export interface SampleBackend<T> {
  readonly space: LinearSpace<T>
  /** Evaluations that may run at once; 1 unless said. So many batches of a call then go side by side. */
  readonly lanes?: number
  velocity(x: T, inputs: DenoiserInputs): T | Promise<T>
  /** Both velocities of a guided evaluation at once, where one batch of twice the size costs less than two calls. */
  velocityPair?(x: T, inputs: DenoiserInputs, others: DenoiserInputs): Promise<readonly [T, T]>
  /** E(κ), told the label where the encoder takes it besides. Needed where κ is the label or noise, and for variations. */
  encode?(kappa: Float32Array | Int32Array, label?: Int32Array): Promise<EncoderOutputs>
  /** `[images, C, H, W]` to a state. */
  upload(images: Float32Array): T | Promise<T>
  download(state: T): Float32Array | Promise<Float32Array>
}

/** A backend whose states are plain arrays. */
export function float32Backend(
  networks: Pick<SampleBackend<Float32Array>, 'velocity' | 'velocityPair' | 'encode'>,
): SampleBackend<Float32Array> {
  return { ...networks, space: float32Space, upload: images => images, download: state => state }
}
