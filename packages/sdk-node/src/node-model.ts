/** A model loaded in Node: core's sampler over ONNX Runtime, with images that become PNG files. */
import {
  type DenoiserInputs,
  float32Backend,
  LoadedModel,
  type Manifest,
  Queue,
  type SampleBackend,
  SampledImage,
} from '@mixflow/core'
import { encodePng } from './encode-png.ts'
import type { Network } from './network.ts'

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
  /** Opens the encoder when it is first needed; absent where the model has none. */
  readonly encoder: (() => Promise<Network>) | undefined
  readonly device: string
  readonly dtype: 'float32' | 'float16'
  release(): Promise<void>
}

export class NodeModel extends LoadedModel<NodeImage, Float32Array> {
  readonly manifest: Manifest
  readonly #backend: SampleBackend<Float32Array>

  constructor(parts: NodeModelParts) {
    const { manifest, device, dtype } = parts
    const backend = backendOf(parts)
    super({
      model: manifest,
      queue: new Queue(),
      backend: () => backend,
      place: () => ({ device, dtype }),
      toImage: image => new NodeImage(image),
      release: () => parts.release(),
    })
    this.manifest = manifest
    this.#backend = backend
  }

  /**
   * The networks themselves, for measurements of one's own: `velocity` of xt (float32 `[N, C, H, W]`, t 0..1), and `encode`
   * where the model has an encoder. Inputs are named as the manifest's ports. Calls take turns with all others, and
   * fail with ABORTED or MODEL_DISPOSED as `sample` does.
   */
  networks({ signal }: { readonly signal?: AbortSignal | undefined } = {}): SampleBackend<Float32Array> {
    return this.takingTurns(this.#backend, signal)
  }
}

function backendOf({ manifest, denoiser, encoder }: NodeModelParts): SampleBackend<Float32Array> {
  const { channels, height, width } = manifest.image
  const elements = channels * height * width
  const velocity = async (x: Float32Array, inputs: DenoiserInputs) =>
    (await denoiser.run({ x, ...inputs }, x.length / elements)).velocity!
  return float32Backend({
    velocity,
    velocityPair: async (x, inputs, others) => {
      const both = await velocity(joined(x, x), joinedInputs(inputs, others))
      return [both.subarray(0, x.length), both.subarray(x.length)]
    },
    ...(encoder && {
      encode: async kappa => {
        const { dims } = manifest.networks.encoder!.inputs[0]!
        const perImage = dims.reduce<number>((product, size) => (size === 'N' ? product : product * size), 1)
        return (await encoder()).run({ kappa }, kappa.length / perImage)
      },
    }),
  })
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
