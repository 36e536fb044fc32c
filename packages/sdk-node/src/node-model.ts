/** A model loaded in Node: core's sampler over ONNX Runtime, with images that become PNG files. */
import { type Capabilities, type DenoiserInputs, type SampleBackend, SampledImage } from '@mixflow/core'
import {
  arrayBackend,
  type Bytes,
  concatenate,
  LoadedModel,
  type ModelNetworks,
  type Queue,
} from '@mixflow/core/internal'
import { encodePng } from './encode-png.ts'

/** A sampled image, whose PNG files are the same bytes on every platform of Node. */
export class NodeImage extends SampledImage {
  override async toPng(): Promise<Bytes> {
    return encodePng(this)
  }

  /** The bytes of a PNG file as a Buffer, whose text can be had in base64, for example. */
  async toBuffer(): Promise<Buffer & Bytes> {
    const { buffer, byteOffset, byteLength } = await this.toPng()
    return Buffer.from(buffer, byteOffset, byteLength)
  }
}

export interface NodeModelParts extends ModelNetworks {
  /** Turns of the networks, which other models may share. */
  readonly queue: Queue
  readonly place: Pick<Capabilities, 'device' | 'note' | 'dtype'>
  release(): Promise<void>
}

export class NodeModel extends LoadedModel<NodeImage, Float32Array> {
  readonly manifest: ModelNetworks['manifest']
  readonly #backend: SampleBackend<Float32Array>

  constructor(parts: NodeModelParts) {
    const { manifest, queue, place, release } = parts
    const backend = backendOf(parts)
    super({
      model: manifest,
      queue,
      backend: () => backend,
      place: () => place,
      toImage: image => new NodeImage(image),
      release,
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

/** A guided evaluation is one batch of twice the size: on many threads that costs less than two calls. */
function backendOf(parts: NodeModelParts): SampleBackend<Float32Array> {
  const backend = arrayBackend(parts)
  return {
    ...backend,
    velocityPair: async (x, inputs, others) => {
      const both = await backend.velocity(concatenate([x, x]), joinedInputs(inputs, others))
      return [both.subarray(0, x.length), both.subarray(x.length)]
    },
  }
}

function joinedInputs(a: DenoiserInputs, b: DenoiserInputs): DenoiserInputs {
  return {
    t: concatenate([a.t, b.t]),
    ...(a.label && b.label && { label: concatenate([a.label, b.label]) }),
    ...(a.w && b.w && { w: concatenate([a.w, b.w]) }),
  }
}
