/** A network host runs ONNX graphs: in this thread, on a device (below), or in a pool of worker threads (worker-pool.ts). */
import type { ManifestFile } from '@mixflow/core'
import { graphFailed, type Network, type NetworkPorts, Queue, sessionNetwork } from '@mixflow/core/internal'
import type { Device } from '../device/choose-device.ts'
import { providerOptions } from '../device/try-device.ts'
import { openSession, type PlainTensor } from '../onnxruntime.ts'

export interface Graph {
  readonly file: ManifestFile
  readonly ports: NetworkPorts
}

export interface NetworkHost {
  /** Its evaluations take turns in it. */
  readonly queue: Queue
  /** @param bytes verified. @throws MixflowError MODEL_INVALID if ONNX Runtime refuses the graph */
  open(bytes: Uint8Array, graph: Graph): Promise<Network>
  /** Call it once all networks are released. */
  close(): Promise<void>
}

export function threadHost(device: Device, threads: number | undefined): NetworkHost {
  return {
    queue: new Queue(),
    async open(bytes, graph) {
      const session = await openSession(bytes, sessionOptions(device, threads)).catch(cause => {
        throw graphRefused(graph, cause)
      })
      const tensor = (type: string, data: PlainTensor['data'], dims: readonly number[]) => ({ type, data, dims })
      return sessionNetwork({ session, tensor, ...graph })
    },
    close: async () => {},
  }
}

export const graphRefused = ({ file }: Graph, cause: unknown) =>
  graphFailed(file, 'cannot be opened by ONNX Runtime', cause)

export const sessionOptions = (device: Device, threads: number | undefined) => ({
  ...providerOptions(device),
  ...(threads !== undefined && { intraOpNumThreads: threads }),
})
