/**
 * A loaded model: core's sampling loop over ONNX Runtime. Calls may run at once; they take turns evaluation by
 * evaluation (queue.ts). An abort, or dispose(), ends a call before its next evaluation.
 */
import {
  type Capabilities,
  type DenoiserInputs,
  float32Backend,
  type Manifest,
  MixflowError,
  type SampleBackend,
  SampledImage,
  type SampleRequest,
  type SampleResult,
  type Sampler,
  sample,
  solverNames,
} from '@mixflow/core'
import { encodePng } from './encode-png.ts'
import type { Arrays, Network } from './network.ts'
import { Queue } from './queue.ts'

/** A sampled image that can become a file. */
export class NodeImage extends SampledImage {
  /** The bytes of a PNG file. */
  async toPng(): Promise<Uint8Array> {
    return encodePng(this)
  }
}

export interface NodeModelParts {
  readonly manifest: Manifest
  readonly denoiser: Network
  /** Where sampling needs it. */
  readonly encoder: Network | null
  readonly device: string
  readonly dtype: 'float32' | 'float16'
}

export class NodeModel implements Sampler<NodeImage> {
  readonly manifest: Manifest
  readonly #parts: NodeModelParts
  readonly #queue = new Queue()
  #disposed: Promise<void> | undefined

  constructor(parts: NodeModelParts) {
    this.manifest = parts.manifest
    this.#parts = parts
  }

  async sample(request: SampleRequest = {}): Promise<SampleResult<NodeImage>> {
    this.#checkOpen()
    const result = await sample(this.networks({ signal: request.signal }), this.manifest, request)
    return { ...result, images: result.images.map(image => new NodeImage(image)) }
  }

  /**
   * The networks themselves, for measurements of one's own: `velocity` of xt (float32 `[N, C, H, W]`, t 0..1), and `encode`
   * where sampling starts from the encoder. Inputs are named as the manifest's ports. Calls take turns with all others, and
   * fail with ABORTED or MODEL_DISPOSED as `sample` does.
   */
  networks({ signal }: { readonly signal?: AbortSignal | undefined } = {}): SampleBackend<Float32Array> {
    const { denoiser, encoder, manifest } = this.#parts
    const { channels, height, width } = manifest.image
    const elements = channels * height * width
    const evaluate = (network: Network, inputs: Arrays, batch: number) =>
      this.#queue.run(() => {
        this.#checkOpen()
        return network.run(inputs, batch)
      }, signal)
    const velocity = async (x: Float32Array, inputs: DenoiserInputs) =>
      (await evaluate(denoiser, { x, ...inputs }, x.length / elements)).velocity!
    return float32Backend({
      velocity,
      velocityPair: async (x, inputs, others) => {
        const both = await velocity(joined(x, x), joinedInputs(inputs, others))
        return [both.subarray(0, x.length), both.subarray(x.length)]
      },
      ...(encoder && {
        encode: kappa => {
          const batch = kappa instanceof Int32Array ? kappa.length : kappa.length / elements
          return evaluate(encoder, { kappa }, batch)
        },
      }),
    })
  }

  capabilities(): Capabilities {
    const { manifest, encoder, device, dtype } = this.#parts
    return {
      methods: ['sample'],
      image: manifest.image,
      labels: manifest.labels,
      solvers: solverNames,
      mixtureWeight: encoder !== null,
      defaults: manifest.sampler,
      device,
      dtype,
    }
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#queue.run(async () => {
      await this.#parts.denoiser.release()
      await this.#parts.encoder?.release()
    })
    return this.#disposed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }

  #checkOpen(): void {
    if (this.#disposed === undefined) return
    throw new MixflowError('MODEL_DISPOSED', `the model ${this.manifest.name} was disposed of`, {
      hint: 'load it again, or dispose of it after the last call',
    })
  }
}

function joined<A extends Float32Array | Int32Array>(a: A, b: A): A {
  const both = new (a.constructor as new (length: number) => A)(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

function joinedInputs(a: DenoiserInputs, b: DenoiserInputs): DenoiserInputs {
  return {
    t: joined(a.t, b.t),
    ...(a.label && b.label && { label: joined(a.label, b.label) }),
    ...(a.w && b.w && { w: joined(a.w, b.w) }),
  }
}
