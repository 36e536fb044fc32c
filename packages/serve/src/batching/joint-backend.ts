/**
 * The networks of a model, shared by all concurrent runs of the sampler: their simultaneous calls become one evaluation. Time and
 * class are inputs per image, so runs of any seed, class, solver and number of steps share evaluations, and a new run joins the
 * others at their next one.
 *
 * Source: iteration-level scheduling, as Orca does for language models (Yu et al., OSDI 2022).
 */
import {
  type DenoiserInputs,
  type EncoderOutputs,
  float32Space,
  type ImageShape,
  type SampleBackend,
} from '@mixflow/core'
import type { Arrays } from '@mixflow/core/internal'
import { JointCalls, type RunRows } from './joint-calls.ts'

/** The networks of a model, as `NodeModel.networks()` returns them. */
export type Networks = Pick<SampleBackend<Float32Array>, 'velocity' | 'encode'>

/** Called after each evaluation of the denoiser, with its rows and duration. */
export type OnEvaluation = (evaluation: { readonly rows: number; readonly seconds: number }) => void

export interface JointBackendParts {
  readonly networks: Networks
  readonly image: ImageShape
  /** Whether κ is the image and noise of the same shape, twice the values. */
  readonly joinsNoise?: boolean
  readonly onEvaluation?: OnEvaluation
}

export class JointBackend {
  readonly #denoiser: JointCalls
  readonly #encoder: JointCalls | undefined
  readonly #kappaElements: number

  constructor({ networks, image, joinsNoise = false, onEvaluation = () => {} }: JointBackendParts) {
    this.#kappaElements = (joinsNoise ? 2 : 1) * image.channels * image.height * image.width
    const denoise: RunRows = async ({ x, ...inputs }, rows) => {
      const started = performance.now()
      const velocity = await networks.velocity(x as Float32Array, inputs as unknown as DenoiserInputs)
      onEvaluation({ rows, seconds: (performance.now() - started) / 1000 })
      return { velocity }
    }
    this.#denoiser = new JointCalls(denoise)
    const encode = networks.encode?.bind(networks)
    const runEncoder: RunRows = async ({ kappa, label }) =>
      (await encode!(kappa!, label as Int32Array | undefined)) as Readonly<Record<string, Float32Array>>
    this.#encoder = encode && new JointCalls(runEncoder)
  }

  /** The networks for one run of the sampler; after `signal` is aborted, no evaluation of it begins. */
  backend(signal: AbortSignal): SampleBackend<Float32Array> {
    const encoder = this.#encoder
    // κ is one class per image, or float values
    const rowsOf = (kappa: Float32Array | Int32Array) =>
      kappa instanceof Int32Array ? kappa.length : kappa.length / this.#kappaElements
    const velocity = async (x: Float32Array, inputs: DenoiserInputs) => {
      const outputs = await this.#denoiser.call({ x, ...inputs } as Arrays, inputs.t.length, signal)
      return outputs.velocity!
    }
    return {
      space: float32Space,
      upload: images => images,
      download: state => state,
      velocity,
      // both calls are made in one turn of the event loop, so they become one evaluation
      velocityPair: (x, inputs, others) => Promise.all([velocity(x, inputs), velocity(x, others)]),
      ...(encoder && {
        encode: (kappa, label) =>
          encoder.call({ kappa, ...(label && { label }) }, rowsOf(kappa), signal) as Promise<EncoderOutputs>,
      }),
    }
  }
}
