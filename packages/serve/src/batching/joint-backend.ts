/**
 * The networks of a model, shared by all runs of the sampler at once: what they ask for at the same time is one evaluation.
 * Time and class are inputs of each image, so runs of any seed, class, solver and number of steps share evaluations, and one that
 * begins joins the others at their next one, wherever they are.
 *
 * Source of the idea: scheduling by iteration, as Orca does for language models (Yu and others, OSDI 2022).
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

/** What is needed of a model's networks; `NodeModel.networks()` gives it. */
export type Networks = Pick<SampleBackend<Float32Array>, 'velocity' | 'encode'>

/** Told of each evaluation of the denoiser: its rows, and how long it took. */
export type OnEvaluation = (evaluation: { readonly rows: number; readonly seconds: number }) => void

export interface JointBackendParts {
  readonly networks: Networks
  readonly image: ImageShape
  /** Whether κ is the image and as much noise, two images for each. */
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
    // of its outputs, a network has those that its manifest names
    const runEncoder: RunRows = async ({ kappa, label }) =>
      (await encode!(kappa!, label as Int32Array | undefined)) as Readonly<Record<string, Float32Array>>
    this.#encoder = encode && new JointCalls(runEncoder)
  }

  /** The networks as one run of the sampler sees them; after `signal`, none of its evaluations begins. */
  backend(signal: AbortSignal): SampleBackend<Float32Array> {
    const encoder = this.#encoder
    // κ is one class per image, or numbers
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
      // asked for in one turn, so that they are one evaluation of twice the rows
      velocityPair: (x, inputs, others) => Promise.all([velocity(x, inputs), velocity(x, others)]),
      ...(encoder && {
        encode: (kappa, label) =>
          encoder.call({ kappa, ...(label && { label }) }, rowsOf(kappa), signal) as Promise<EncoderOutputs>,
      }),
    }
  }
}
