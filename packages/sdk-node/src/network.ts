/**
 * One ONNX graph in ONNX Runtime, on a device: opened from bytes that were verified and looked through,
 * then called with plain arrays by name. Inputs and outputs are float32 or int32 whatever the weights are.
 */
import { type ManifestFile, MixflowError, type NetworkPorts, type Port, show } from '@mixflow/core'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { type Device, sessionOptions } from './device.ts'

export type Arrays = Readonly<Record<string, Float32Array | Int32Array>>

export interface Network {
  /** Output arrays by name, for `inputs` of `batch` images. The result is owned by the caller. */
  run(inputs: Arrays, batch: number): Promise<Readonly<Record<string, Float32Array>>>
  release(): Promise<void>
}

export interface NetworkOptions {
  readonly file: ManifestFile
  readonly ports: NetworkPorts
  readonly device: Device
  readonly threads?: number | undefined
}

/** @throws MixflowError MODEL_INVALID where the runtime refuses the graph. */
export async function openNetwork(bytes: Uint8Array, options: NetworkOptions): Promise<Network> {
  const { file, device, threads } = options
  const session = await InferenceSession.create(bytes, sessionOptions(device, threads)).catch(cause => {
    throw invalid(file, `cannot be opened by ONNX Runtime: ${cause instanceof Error ? cause.message : cause}`, cause)
  })
  return {
    run: (inputs, batch) => evaluate(session, { ...options, inputs, batch }),
    release: () => session.release(),
  }
}

interface Evaluation extends NetworkOptions {
  readonly inputs: Arrays
  readonly batch: number
}

async function evaluate(session: InferenceSession, { file, ports, inputs, batch }: Evaluation) {
  const dims = (port: Port) => port.dims.map(size => (size === 'N' ? batch : size))
  const feeds = ports.inputs.map(port => {
    const values = checkInput(port, inputs[port.name], dims(port))
    return [port.name, new Tensor(port.dtype, values, dims(port))]
  })
  const outputs = await session.run(Object.fromEntries(feeds)).catch(cause => {
    throw invalid(file, `failed while running: ${cause instanceof Error ? cause.message : cause}`, cause)
  })
  const read = ports.outputs.map(port => {
    const tensor = outputs[port.name]
    if (tensor?.data instanceof Float32Array && tensor.dims.join() === dims(port).join())
      return [port.name, tensor.data]
    throw invalid(file, `gave "${port.name}" as ${tensor?.type} [${tensor?.dims}] instead of float32 [${dims(port)}]`)
  })
  return Object.fromEntries(read) as Readonly<Record<string, Float32Array>>
}

function checkInput({ name, dtype }: Port, values: Arrays[string] | undefined, dims: readonly number[]) {
  const isOfType = dtype === 'int32' ? values instanceof Int32Array : values instanceof Float32Array
  const size = dims.reduce((product, length) => product * length, 1)
  if (isOfType && values?.length === size && dims.every(Number.isInteger)) return values
  throw new MixflowError('ARGUMENT_INVALID', `"${name}" must be ${dtype} [${dims.join(', ')}], got ${show(values)}`, {
    hint: 'a network takes the inputs that its manifest lists, with a whole number of images',
    details: { name, dims },
  })
}

function invalid(file: ManifestFile, message: string, cause?: unknown): MixflowError {
  return new MixflowError('MODEL_INVALID', `${file.path} ${message}`, {
    hint: 'the bytes are those that the manifest describes, so the model was exported wrong: export it again',
    details: { path: file.path },
    cause,
  })
}
