/**
 * A pool of worker threads that evaluate networks, for throughput on many cores: each thread has its own ONNX Runtime sessions
 * with few threads inside, so that evaluations run concurrently instead of one being split among all cores.
 *
 * The pool is a network host, below the sampler: it distributes evaluations, not requests. The sampling loop is the same, so
 * images are bit for bit those of a single thread. Evaluations beyond the number of threads wait in the queue.
 */
import { MixflowError } from '@mixflow/core'
import { type Network, Queue, sessionNetwork } from '@mixflow/core/internal'
import type { PlainTensor } from '../onnxruntime.ts'
import { type Graph, graphRefused, type NetworkHost, sessionOptions } from './network-host.ts'
import { type WorkerGraph, WorkerThread } from './worker-thread.ts'

export interface PoolOptions {
  readonly workers: number
  /** Threads of one evaluation. */
  readonly threads: number
}

/** Holds a thread, which is replaced once it has ended. */
interface Slot {
  thread: WorkerThread
}

export class WorkerPool implements NetworkHost {
  readonly queue: Queue
  /** For tests. */
  readonly slots: readonly Slot[]
  readonly #idle: Slot[]
  readonly #options: object
  #graphs = 0

  constructor({ workers, threads }: PoolOptions) {
    this.queue = new Queue(workers)
    this.#options = sessionOptions('cpu', threads)
    this.slots = Array.from({ length: workers }, () => ({ thread: new WorkerThread(this.#options) }))
    this.#idle = [...this.slots]
  }

  async open(bytes: Uint8Array, graph: Graph): Promise<Network> {
    // the bytes are kept for replacement threads
    const opened: WorkerGraph = { id: this.#graphs++, bytes }
    await Promise.all(this.slots.map(slot => this.#threadOf(slot).open(opened))).catch(cause => {
      throw MixflowError.is(cause) ? cause : graphRefused(graph, cause)
    })
    const session = {
      run: (feeds: Record<string, PlainTensor>) => this.#run(opened, feeds),
      release: async () => void (await Promise.all(this.slots.map(({ thread }) => thread.release(opened)))),
    }
    const tensor = (type: string, data: PlainTensor['data'], dims: readonly number[]): PlainTensor => ({
      type,
      dims,
      // postMessage would copy the whole buffer behind a view
      data: data.byteLength === data.buffer.byteLength ? data : data.slice(),
    })
    return sessionNetwork({ session, tensor, ...graph })
  }

  async close(): Promise<void> {
    await Promise.all(this.slots.map(({ thread }) => thread.end()))
  }

  /** Runs within the queue, so a thread is idle. */
  async #run(graph: WorkerGraph, feeds: Record<string, PlainTensor>) {
    const slot = this.#idle.pop()!
    try {
      return await this.#threadOf(slot).run(graph, feeds)
    } finally {
      this.#idle.push(slot)
    }
  }

  #threadOf(slot: Slot): WorkerThread {
    if (slot.thread.hasEnded) slot.thread = new WorkerThread(this.#options)
    return slot.thread
  }
}
