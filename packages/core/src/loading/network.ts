/**
 * A graph in any build of ONNX Runtime, called with plain arrays by name. Inputs and outputs are checked against the manifest's ports;
 * they are float32 or int32 in any precision of the weights. The SDK owns the runtime; this file knows only its session's interface.
 */
import { MixflowError } from '../errors.ts'
import type { Manifest, ManifestFile } from '../format/manifest.ts'
import type { NetworkPorts, Port } from '../format/network-ports.ts'
import { type DenoiserInputs, float32Backend, type SampleBackend } from '../sampler/backend.ts'
import type { CallEncoder } from '../sampler/draw-source.ts'
import { elementsOf } from '../sampler/model-facts.ts'
import { show } from '../util/strict.ts'

export type Arrays = Readonly<Record<string, Float32Array | Int32Array>>

export interface Network {
  /** Returns output arrays by name, which the caller owns, for `inputs` of `batch` images. */
  run(inputs: Arrays, batch: number): Promise<Readonly<Record<string, Float32Array>>>
  release(): Promise<void>
}

/** The part of a runtime's tensor that is used here. */
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

/** Returns a network that runs in a session of ONNX Runtime. */
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

/** Returns the dimensions of a port for a batch. */
export const portDims = (port: Port, batch: number): number[] => port.dims.map(size => (size === 'N' ? batch : size))

function checkInput({ name, dtype }: Port, values: Arrays[string] | undefined, dims: readonly number[]) {
  const isOfType = dtype === 'int32' ? values instanceof Int32Array : values instanceof Float32Array
  const size = dims.reduce((product, length) => product * length, 1)
  if (isOfType && values?.length === size && dims.every(Number.isInteger)) return values
  throw new MixflowError('ARGUMENT_INVALID', `"${name}" must be ${dtype} [${dims.join(', ')}], got ${show(values)}`, {
    hint: 'pass the inputs that the manifest lists, for a whole number of images',
    details: { name, dims },
  })
}

/** Returns the error for a graph that passed all checks but fails in the runtime. */
export function graphFailed(file: ManifestFile, what: string, cause?: unknown): MixflowError {
  const why = cause === undefined ? '' : `: ${cause instanceof Error ? cause.message : cause}`
  return new MixflowError('MODEL_INVALID', `${file.path} ${what}${why}`, {
    hint: 'the file matches the manifest, so the export is at fault: export the model again',
    details: { path: file.path },
    ...(cause !== undefined && { cause }),
  })
}

export interface ModelNetworks {
  readonly manifest: Manifest
  readonly denoiser: Network
  /** Opens the encoder on first use; absent if the model has none. */
  readonly encoder?: (() => Promise<Network>) | undefined
}

/** Returns a backend over networks that are called with plain arrays. */
export function arrayBackend({ manifest, denoiser, encoder }: ModelNetworks): SampleBackend<Float32Array> {
  const elements = elementsOf(manifest.image)
  const velocity = async (x: Float32Array, inputs: DenoiserInputs) =>
    (await denoiser.run({ x, ...inputs }, x.length / elements)).velocity!
  return float32Backend({ velocity, ...(encoder && { encode: encodeWith(manifest, encoder) }) })
}

/** Returns E(κ), by a network that is opened on first use. */
export function encodeWith({ networks }: Manifest, encoder: () => Promise<Network>): CallEncoder {
  return async (kappa, label) => {
    const size = portDims(networks.encoder!.inputs[0]!, 1).reduce((product, length) => product * length, 1)
    return (await encoder()).run({ kappa, ...(label && { label }) }, kappa.length / size)
  }
}

/** Returns a lazily created promise; after a failure, the next call creates a new one. */
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
