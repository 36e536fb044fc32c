/** A model loaded in Node: core's sampler over ONNX Runtime. */
import type { Capabilities, DenoiserInputs, SampleBackend } from '@mixflow/core'
import { arrayBackend, concatenate, LoadedModel, type ModelNetworks, type Queue } from '@mixflow/core/internal'
import { NodeImage } from './node-image.ts'

export interface NodeModelParts extends ModelNetworks {
  /** Evaluations take turns in it; models that share networks share it. */
  readonly queue: Queue
  readonly runtime: Pick<Capabilities, 'device' | 'note' | 'dtype'>
  release(): Promise<void>
}

export class NodeModel extends LoadedModel<NodeImage, Float32Array> {
  readonly manifest: ModelNetworks['manifest']
  readonly #backend: SampleBackend<Float32Array>

  constructor(parts: NodeModelParts) {
    const { manifest, queue, runtime, release } = parts
    const backend = batchedBackend(parts)
    super({
      model: manifest,
      queue,
      backend: () => backend,
      runtime: () => runtime,
      toImage: image => new NodeImage(image),
      release,
    })
    this.manifest = manifest
    this.#backend = backend
  }

  /**
   * Returns the networks themselves, for custom measurements: `velocity` of xt (float32 `[N, C, H, W]`, t in 0..1), and `encode`
   * if the model has an encoder. Inputs have the names of the manifest's ports. Calls take turns with all others.
   *
   * @throws MixflowError from its functions, ABORTED or MODEL_DISPOSED
   */
  networks({ signal }: { readonly signal?: AbortSignal | undefined } = {}): SampleBackend<Float32Array> {
    return this.takingTurns(this.#backend, signal)
  }
}

/** Evaluates a guided step as one batch of twice the size, which is faster on many threads than two calls. */
function batchedBackend(parts: NodeModelParts): SampleBackend<Float32Array> {
  const backend = arrayBackend(parts)
  return {
    ...backend,
    velocityPair: async (x, inputs, others) => {
      const both = await backend.velocity(concatenate([x, x]), joinInputs(inputs, others))
      return [both.subarray(0, x.length), both.subarray(x.length)]
    },
  }
}

function joinInputs(a: DenoiserInputs, b: DenoiserInputs): DenoiserInputs {
  return {
    t: concatenate([a.t, b.t]),
    ...(a.label && b.label && { label: concatenate([a.label, b.label]) }),
    ...(a.w && b.w && { w: concatenate([a.w, b.w]) }),
  }
}
