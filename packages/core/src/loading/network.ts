/**
 * One graph in whichever build of ONNX Runtime, called with plain arrays by name: inputs are checked against the manifest's
 * ports, outputs too. Inputs and outputs are float32 or int32 whatever the weights are. The runtime itself is the SDK's; what is
 * needed of its session is all that is known of it here.
 */
import { MixflowError } from '../errors.ts'
import type { Manifest, ManifestFile } from '../format/manifest.ts'
import type { NetworkPorts, Port } from '../format/network-ports.ts'
import { type DenoiserInputs, float32Backend, type SampleBackend } from '../sampler/backend.ts'
import { show } from '../util/strict.ts'

export type Arrays = Readonly<Record<string, Float32Array | Int32Array>>

export interface Network {
  /** Output arrays by name, for `inputs` of `batch` images. The result is owned by the caller. */
  run(inputs: Arrays, batch: number): Promise<Readonly<Record<string, Float32Array>>>
  release(): Promise<void>
}

/** What is used of a runtime's tensor and session. */
interface RuntimeTensor {
  readonly type: string
  readonly dims: readonly number[]
  readonly data: unknown
}

export interface SessionFacts<T extends RuntimeTensor> {
  readonly session: {
    run(feeds: Record<string, T>): Promise<Readonly<Record<string, T>>>
    release(): Promise<void>
  }
  readonly tensor: (type: Port['dtype'], data: Float32Array | Int32Array, dims: readonly number[]) => T
  readonly file: ManifestFile
  readonly ports: NetworkPorts
}

/** A network over a session of ONNX Runtime, whichever build of it. */
export function sessionNetwork<T extends RuntimeTensor>(facts: SessionFacts<T>): Network {
  const { session, tensor, file, ports } = facts
  return {
    async run(inputs, batch) {
      const feeds = ports.inputs.map(port => {
        const dims = portDims(port, batch)
        return [port.name, tensor(port.dtype, checkInput(port, inputs[port.name], dims), dims)]
      })
      const outputs = await session.run(Object.fromEntries(feeds)).catch(cause => {
        throw MixflowError.is(cause) ? cause : graphFailed(file, 'failed while running', cause)
      })
      const read = ports.outputs.map(port => {
        const output = outputs[port.name]
        const dims = portDims(port, batch)
        if (output?.data instanceof Float32Array && output.dims.join() === dims.join()) return [port.name, output.data]
        throw graphFailed(file, `gave "${port.name}" as ${output?.type} [${output?.dims}] instead of float32 [${dims}]`)
      })
      return Object.fromEntries(read) as Readonly<Record<string, Float32Array>>
    },
    release: () => session.release(),
  }
}

/** The dimensions of a port for so many images. */
export const portDims = (port: Port, batch: number): number[] => port.dims.map(size => (size === 'N' ? batch : size))

function checkInput({ name, dtype }: Port, values: Arrays[string] | undefined, dims: readonly number[]) {
  const isOfType = dtype === 'int32' ? values instanceof Int32Array : values instanceof Float32Array
  const size = dims.reduce((product, length) => product * length, 1)
  if (isOfType && values?.length === size && dims.every(Number.isInteger)) return values
  throw new MixflowError('ARGUMENT_INVALID', `"${name}" must be ${dtype} [${dims.join(', ')}], got ${show(values)}`, {
    hint: 'a network takes the inputs that its manifest lists, with a whole number of images',
    details: { name, dims },
  })
}

/** The error for a graph that passed all checks and which the runtime cannot use all the same. */
export function graphFailed(file: ManifestFile, what: string, cause?: unknown): MixflowError {
  const why = cause === undefined ? '' : `: ${cause instanceof Error ? cause.message : cause}`
  return new MixflowError('MODEL_INVALID', `${file.path} ${what}${why}`, {
    hint: 'the bytes are those that the manifest describes, so the model was exported wrong: export it again',
    details: { path: file.path },
    ...(cause !== undefined && { cause }),
  })
}

export interface ModelNetworks {
  readonly manifest: Manifest
  readonly denoiser: Network
  /** Opens the encoder when it is first needed; absent where the model has none. */
  readonly encoder?: (() => Promise<Network>) | undefined
}

/** The port of a sampler over networks that are called with plain arrays. */
export function arrayBackend({ manifest, denoiser, encoder }: ModelNetworks): SampleBackend<Float32Array> {
  const { channels, height, width } = manifest.image
  const elements = channels * height * width
  const velocity = async (x: Float32Array, inputs: DenoiserInputs) =>
    (await denoiser.run({ x, ...inputs }, x.length / elements)).velocity!
  return float32Backend({ velocity, ...(encoder && { encode: encodeWith(manifest, encoder) }) })
}

/** E(κ) by a network that may have to be opened first. */
export function encodeWith(
  { networks }: Manifest,
  encoder: () => Promise<Network>,
): (kappa: Float32Array | Int32Array, label?: Int32Array) => ReturnType<Network['run']> {
  return async (kappa, label) => {
    const size = portDims(networks.encoder!.inputs[0]!, 1).reduce((product, length) => product * length, 1)
    return (await encoder()).run({ kappa, ...(label && { label }) }, kappa.length / size)
  }
}

/** A promise that is made at the first call, and anew where that one failed. */
export function once<T>(make: () => Promise<T>): { get(): Promise<T>; made(): Promise<T> | undefined } {
  let made: Promise<T> | undefined
  return {
    get() {
      made ??= make().catch(error => {
        made = undefined
        throw error
      })
      return made
    },
    made: () => made,
  }
}
