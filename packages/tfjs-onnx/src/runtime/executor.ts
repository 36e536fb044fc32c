/** Runs programs: builds one session per signature, caches the most recently used ones, and provides the arrays for results. */

import { OnnxBackendError } from '../errors.ts'
import { sizeOf } from '../graph/layout.ts'
import { writeModel } from '../graph/model.ts'
import { narrowed } from '../graph/narrow.ts'
import type { Program } from '../graph/program.ts'
import type { FedArray, RemoteArray, Value } from '../graph/value.ts'
import { BufferPool } from './buffer-pool.ts'
import type { QueuedSession, Runtime, RuntimeArray, RuntimePort, RuntimeSession, SessionOptions } from './runtime.ts'

export interface ExecutorOptions extends SessionOptions {
  readonly runtime: Runtime
  /** Number of graphs to cache. Default: 64. */
  readonly sessions?: number
}

/** For benchmarks, and to check that a loop reuses its graph. With a queued runtime, times are those of enqueuing. */
export interface Statistics {
  readonly runs: number
  readonly builds: number
  readonly runMilliseconds: number
  readonly buildMilliseconds: number
  /** Recorded operators of the last graph that ran. */
  readonly lastNodes: number
}

/** A program that is ready to run. */
export interface Graph {
  readonly session: RuntimeSession | QueuedSession
  /** In the order of the arrays to feed. */
  readonly inputs: readonly RuntimePort[]
  readonly outputs: readonly RuntimePort[]
  readonly nodes: number
}

/** How a batch is split into shards. */
export interface ShardedInputs {
  readonly count: number
  /** Number of shards that run concurrently. */
  readonly threads: number
  isSplit(input: Value): boolean
}

/** On the host or on the device. */
export type AnyArray = FedArray | RemoteArray

/** The leaves of a program that are fed when it runs, in order. */
export const fedLeaves = (program: Program): Value[] =>
  program.leaves.filter(({ origin }) => ['fed', 'remote', 'input'].includes(origin.kind))

export class Executor {
  readonly pool = new BufferPool()
  readonly #options: ExecutorOptions
  readonly #graphs = new Map<string, Graph>()
  #statistics = { runs: 0, builds: 0, runMilliseconds: 0, buildMilliseconds: 0, lastNodes: 0 }

  constructor(options: ExecutorOptions) {
    this.#options = options
  }

  get statistics(): Statistics {
    return { ...this.#statistics }
  }

  /** The cached or built graph; the least recently used one is evicted when there are too many. */
  graph(program: Program): Graph {
    const { signature } = program
    const graph = this.#graphs.get(signature) ?? this.build(program)
    this.#graphs.delete(signature)
    this.#graphs.set(signature, graph)
    if (this.#graphs.size > (this.#options.sessions ?? 64)) this.#evict()
    return graph
  }

  #evict(): void {
    const [oldest] = this.#graphs.keys()
    this.#graphs.get(oldest as string)?.session.dispose()
    this.#graphs.delete(oldest as string)
  }

  /** See `Runtime.channelBlock`. */
  get channelBlock(): number {
    return this.#options.runtime.channelBlock ?? 1
  }

  /** The number of shards that can run in parallel. */
  get parallelism(): number {
    const { runtime, threads } = this.#options
    return runtime.createShardedSession === undefined ? 1 : (threads ?? runtime.parallelism ?? 1)
  }

  /** Whether a batch can be split into shards. */
  get splits(): boolean {
    return this.#options.runtime.createShardedSession !== undefined
  }

  /** Builds a graph that the caller owns. With `shards`, the program is that of one shard and runs on all. */
  build(recorded: Program, shards?: ShardedInputs): Graph {
    const start = performance.now()
    const { runtime } = this.#options
    const program = runtime.mostTensors === undefined ? recorded : narrowed(recorded, runtime.mostTensors)
    const inputs = new Map(fedLeaves(program).map((value, i) => [`in${i}`, value]))
    const outputs = new Map(program.outputs.map((value, i) => [`out${i}`, value]))
    const model = writeModel(program, { inputs, outputs })
    const ports = { inputs: [...inputs].map(port), outputs: [...outputs].map(port) }
    const split = new Set([...inputs].flatMap(([name, value]) => (shards?.isSplit(value) ? [name] : [])))
    const session =
      shards === undefined || runtime.createShardedSession === undefined
        ? runtime.createSession(model, this.#options)
        : runtime.createShardedSession(model, { ...ports, count: shards.count, threads: shards.threads, split })
    this.#statistics.builds++
    this.#statistics.buildMilliseconds += performance.now() - start
    return { session, ...ports, nodes: program.nodes.length }
  }

  /** Runs the graph on arrays in the order of its inputs. The caller owns the results and may return them to the pool. */
  run(graph: Graph, arrays: readonly AnyArray[]): AnyArray[] {
    const { session, inputs, outputs } = graph
    if ('enqueue' in session) return this.#counted(graph, () => session.enqueue(named(inputs, arrays), outputs))
    const results = outputs.map(({ type, dims }) => this.pool.take(type, sizeOf(dims)))
    this.runInto(graph, { arrays: arrays as readonly FedArray[], results })
    return results
  }

  /** Runs a graph synchronously and writes the results into arrays. */
  runInto(graph: Graph, { arrays, results }: { arrays: readonly FedArray[]; results: readonly FedArray[] }): void {
    const { session, inputs, outputs } = graph
    const run = () =>
      (session as RuntimeSession).run(named(inputs, arrays) as HostArrays, named(outputs, results) as HostArrays)
    this.#counted(graph, run)
  }

  #counted<T>({ nodes }: Graph, run: () => T): T {
    const start = performance.now()
    const result = run()
    this.#statistics.runs++
    this.#statistics.lastNodes = nodes
    this.#statistics.runMilliseconds += performance.now() - start
    return result
  }

  dispose(): void {
    for (const { session } of this.#graphs.values()) session.dispose()
    this.#graphs.clear()
    this.pool.clear()
  }
}

function port([name, { type, shape }]: [string, Value]): RuntimePort {
  if (type === 'int64' || type === 'float16' || type === 'float64') {
    throw new OnnxBackendError(
      'RUNTIME_FAILED',
      `a graph has an input or output of type ${type}, which tfjs does not support`,
    )
  }
  return { name, type, dims: shape }
}

type HostArrays = Record<string, RuntimeArray>

function named(ports: readonly RuntimePort[], arrays: readonly AnyArray[]): Record<string, RuntimeArray | RemoteArray> {
  const record: Record<string, RuntimeArray | RemoteArray> = {}
  ports.forEach(({ name, type, dims }, i) => {
    const array = arrays[i] as AnyArray
    record[name] = 'read' in array ? array : { type, dims, data: array }
  })
  return record
}
