/** One ONNX graph in onnxruntime-node, on a device: opened from bytes that were verified and looked through. */
import { graphFailed, type ManifestFile, type Network, type NetworkPorts, sessionNetwork } from '@mixflow/core'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Device } from './device/choose-device.ts'
import { providerOptions } from './device/one-node.ts'

export interface NetworkOptions {
  readonly file: ManifestFile
  readonly ports: NetworkPorts
  readonly device: Device
  readonly threads?: number | undefined
}

/** @throws MixflowError MODEL_INVALID where the runtime refuses the graph. */
export async function openNetwork(bytes: Uint8Array, options: NetworkOptions): Promise<Network> {
  const { file, ports, device, threads } = options
  const session = await InferenceSession.create(bytes, sessionOptions(device, threads)).catch(cause => {
    throw graphFailed(file, 'cannot be opened by ONNX Runtime', cause)
  })
  return sessionNetwork({ session, tensor: (type, data, dims) => new Tensor(type, data, dims), file, ports })
}

const sessionOptions = (device: Device, threads: number | undefined) => ({
  ...providerOptions(device),
  ...(threads !== undefined && { intraOpNumThreads: threads }),
})
