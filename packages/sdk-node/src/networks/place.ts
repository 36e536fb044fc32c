/**
 * Where graphs are opened: in this thread, on a device; or in every thread of a pool (worker-pool.ts). What runs there takes turns
 * in its queue.
 */
import type { ManifestFile } from '@mixflow/core'
import { graphFailed, type Network, type NetworkPorts, Queue, sessionNetwork } from '@mixflow/core/internal'
import type { Device } from '../device/choose-device.ts'
import { providerOptions } from '../device/one-node.ts'
import { openSession, type PlainTensor } from '../runtime/onnxruntime.ts'

export interface Graph {
  readonly file: ManifestFile
  readonly ports: NetworkPorts
}

export interface Place {
  readonly queue: Queue
  /** @param bytes verified, and looked through. @throws MixflowError MODEL_INVALID where the runtime refuses the graph */
  open(bytes: Uint8Array, graph: Graph): Promise<Network>
  /** When all networks were released. */
  close(): Promise<void>
}

export function inThisThread(device: Device, threads: number | undefined): Place {
  return {
    queue: new Queue(),
    async open(bytes, graph) {
      const session = await openSession(bytes, sessionOptions(device, threads)).catch(cause => {
        throw graphRefused(graph, cause)
      })
      return sessionNetwork({ session, tensor: plainTensor, ...graph })
    },
    close: async () => {},
  }
}

export const plainTensor = (type: string, data: PlainTensor['data'], dims: readonly number[]): PlainTensor => ({
  ...{ type, data, dims },
})

export const graphRefused = ({ file }: Graph, cause: unknown) =>
  graphFailed(file, 'cannot be opened by ONNX Runtime', cause)

export const sessionOptions = (device: Device, threads: number | undefined) => ({
  ...providerOptions(device),
  ...(threads !== undefined && { intraOpNumThreads: threads }),
})
