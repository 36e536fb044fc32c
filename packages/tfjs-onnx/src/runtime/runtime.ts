/** The interface of an ONNX runtime: sessions created from models, whose runs are synchronous or queued. */

import type { Bytes } from '../graph/onnx-format.ts'
import type { FedArray, RemoteArray } from '../graph/value.ts'

export interface RuntimeArray {
  readonly type: RemoteArray['type']
  readonly dims: readonly number[]
  readonly data: FedArray
}

export interface RuntimeSession {
  /** Runs the graph and writes the results into the arrays of `outputs`. */
  run(feeds: Readonly<Record<string, RuntimeArray>>, outputs: Readonly<Record<string, RuntimeArray>>): void
  dispose(): void
}

/** A session whose results stay on the device; if its runtime is `queued`, runs are executed later, in order. */
export interface QueuedSession {
  enqueue(feeds: Readonly<Record<string, RuntimeArray | RemoteArray>>, outputs: readonly RuntimePort[]): RemoteArray[]
  dispose(): void
}

export interface SessionOptions {
  /** Threads per operator. Default: number of physical cores. */
  readonly threads?: number
}

/** An input or output of a graph. */
export interface RuntimePort {
  readonly name: string
  readonly type: RuntimeArray['type']
  readonly dims: readonly number[]
}

/** How a graph runs on shards of a batch, in parallel and in sequence; its results are averaged. */
export interface Shards {
  /** How many, 2 or more. */
  readonly count: number
  /** Number of threads, each of which runs equally many shards. */
  readonly threads: number
  /** Inputs and outputs, sized for one shard. */
  readonly inputs: readonly RuntimePort[]
  readonly outputs: readonly RuntimePort[]
  /** Names of the inputs that are split along their first dimension; every shard gets the others whole. */
  readonly split: ReadonlySet<string>
}

/** Arrays that one shader can have on every WebGPU device (its limit `maxStorageBuffersPerShaderStage`). */
export const leastStorageBuffers = 8

export type Device = 'cpu' | 'cuda' | 'webgpu'

export interface Runtime {
  readonly name: string
  readonly device: Device
  /** With device `auto`: why it is not on a better device. */
  readonly note?: string
  createSession(model: Bytes, options: SessionOptions): RuntimeSession | QueuedSession
  /** Whether sessions are queued, so that fed arrays are read later and must not change. */
  readonly queued?: boolean
  /** Resolves when the queue is empty. */
  idle?(): Promise<void>
  /** Most inputs and outputs per operator. Default: unlimited. */
  readonly mostTensors?: number
  /** Channels per block of blocked convolutions; 1 without them. Default: 1. */
  readonly channelBlock?: number
  /** Number of threads that can run in parallel. Default: 1. */
  readonly parallelism?: number
  /** Splits batches into shards. A runtime without it runs whole batches. */
  createShardedSession?(model: Bytes, shards: Shards): RuntimeSession
}
