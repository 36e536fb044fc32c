/**
 * What the backend needs of a runtime: sessions made from model bytes. Their runs are done when they return, or queued where
 * a runtime can only be waited for. The tests of this package and users of another ONNX runtime can give their own.
 */

import type { Bytes } from '../bytes.ts'
import type { FedArray } from '../graph/value.ts'

export interface RuntimeArray {
  readonly type: 'float32' | 'int32' | 'bool'
  readonly dims: readonly number[]
  readonly data: FedArray
}

export interface RuntimeSession {
  /** Runs the graph. Results are written into `outputs`, whose arrays the caller provides. */
  run(feeds: Readonly<Record<string, RuntimeArray>>, outputs: Readonly<Record<string, RuntimeArray>>): void
  dispose(): void
}

/** An array that a runtime keeps, perhaps on a GPU, and perhaps not computed yet. */
export interface RemoteArray {
  readonly type: RuntimeArray['type']
  readonly dims: readonly number[]
  /** A copy of the numbers. @throws OnnxBackendError RUNTIME_FAILED if the run that makes it failed */
  read(): Promise<FedArray>
  /** Lets go of it once the runs and reads that were asked for before are done. */
  dispose(): void
}

/** A session whose runs are done in the order in which they were asked for, some time later. */
export interface QueuedSession {
  enqueue(feeds: Readonly<Record<string, RuntimeArray | RemoteArray>>, outputs: readonly RuntimePort[]): RemoteArray[]
  dispose(): void
}

export interface SessionOptions {
  /** Threads inside one operator; unset lets the runtime choose (the number of physical cores). */
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
  /** How many run side by side; each thread takes equally many. */
  readonly threads: number
  /** Inputs and outputs, sized for one shard. */
  readonly inputs: readonly RuntimePort[]
  readonly outputs: readonly RuntimePort[]
  /** Names of the inputs that are split along their first dimension; every shard gets the others whole. */
  readonly split: ReadonlySet<string>
}

export type Device = 'cpu' | 'cuda' | 'webgpu'

export interface Runtime {
  readonly name: string
  /** Where its sessions run. */
  readonly device: Device
  /** Why it is not on a better device, where that was left open. */
  readonly note?: string
  createSession(model: Bytes, options: SessionOptions): RuntimeSession | QueuedSession
  /** Its sessions are queued: arrays that it is fed with are read later, and must not change. */
  readonly queued?: boolean
  /** Settles when everything that was queued is done. */
  idle?(): Promise<void>
  /** How many tensors an operator may have, inputs and outputs together. Default: unlimited. */
  readonly mostTensors?: number
  /** Its convolutions work on blocks of so many channels, with operators of their own; 1: it has none. Default: 1. */
  readonly channelBlock?: number
  /** Number of threads that can run in parallel. Default: 1. */
  readonly parallelism?: number
  /** A session that is fed whole batches. A runtime without it runs them in one piece. */
  createShardedSession?(model: Bytes, shards: Shards): RuntimeSession
}
