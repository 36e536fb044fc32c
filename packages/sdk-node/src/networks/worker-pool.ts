/**
 * A pool of threads that evaluate networks, for throughput on many cores: each thread has sessions of its own and few threads
 * inside them, so that evaluations run side by side instead of one being split among all cores.
 *
 * The pool stands below the sampler, as one more place where graphs are opened. What is shared out are evaluations, not requests: the
 * same loop draws the same noise and combines the same states, so the images are those of one thread, bit for bit, and all that
 * a sampler can do works as it is. As many evaluations run as there are threads; what is asked beyond that waits in the queue.
 */
import { MixflowError } from '@mixflow/core'
import { type Network, Queue, sessionNetwork } from '@mixflow/core/internal'
import type { PlainTensor } from '../runtime/onnxruntime.ts'
import { type Graph, graphRefused, type Place, sessionOptions } from './place.ts'
import { type PoolGraph, PoolThread } from './pool-thread.ts'

export interface PoolOptions {
  readonly workers: number
  /** Threads of one evaluation. */
  readonly threads: number
}

/** A thread, or the place of one that has ended. */
interface Slot {
  thread: PoolThread
}

export class WorkerPool implements Place {
  readonly queue: Queue
  /** For tests. */
  readonly slots: readonly Slot[]
  readonly #idle: Slot[]
  readonly #options: object
  #graphs = 0

  constructor({ workers, threads }: PoolOptions) {
    this.queue = new Queue(workers)
    this.#options = sessionOptions('cpu', threads)
    this.slots = Array.from({ length: workers }, () => ({ thread: new PoolThread(this.#options) }))
    this.#idle = [...this.slots]
  }

  async open(bytes: Uint8Array, graph: Graph): Promise<Network> {
    // kept for threads that take the place of another
    const opened: PoolGraph = { id: this.#graphs++, bytes }
    await Promise.all(this.slots.map(slot => this.#threadOf(slot).open(opened))).catch(cause => {
      throw MixflowError.is(cause) ? cause : graphRefused(graph, cause)
    })
    const session = {
      run: (feeds: Record<string, PlainTensor>) => this.#run(opened, feeds),
      release: async () => void (await Promise.all(this.slots.map(({ thread }) => thread.release(opened)))),
    }
    const tensor = (type: string, data: PlainTensor['data'], dims: readonly number[]): PlainTensor => ({
      ...{ type, dims },
      // of a view, the whole memory behind it would be sent
      data: data.byteLength === data.buffer.byteLength ? data : data.slice(),
    })
    return sessionNetwork({ session, tensor, ...graph })
  }

  async close(): Promise<void> {
    await Promise.all(this.slots.map(({ thread }) => thread.end()))
  }

  /** In turn of the queue, so that a thread is idle. */
  async #run(graph: PoolGraph, feeds: Record<string, PlainTensor>) {
    const slot = this.#idle.pop()!
    try {
      return await this.#threadOf(slot).run(graph, feeds)
    } finally {
      this.#idle.push(slot)
    }
  }

  #threadOf(slot: Slot): PoolThread {
    if (slot.thread.hasEnded) slot.thread = new PoolThread(this.#options)
    return slot.thread
  }
}
