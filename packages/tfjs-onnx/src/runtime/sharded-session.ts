/**
 * Runs one graph on several threads, each on its shards of a batch, and averages the results. Operators on small images are too short to
 * be multithreaded one by one, so on a few cores this trains 1.5 times as fast, and it scales with cores where single operators do not.
 *
 * A thread runs its shards in sequence, so a large batch needs no more memory than a small one.
 *
 * The calling thread runs the first shards. The others are worker threads with their own sessions, which wait on shared memory. ONNX
 * Runtime does not accept shared arrays, so numbers are copied in and out, which is cheap compared with a train step. Waiting uses Atomics
 * instead of messages, so the call stays synchronous.
 */

import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { OnnxBackendError } from '../errors.ts'
import type { Bytes } from '../graph/onnx-format.ts'
import type { FedArray } from '../graph/value.ts'
import type { RuntimeArray, RuntimePort, RuntimeSession, Shards } from './runtime.ts'

export interface ShardRequest extends Shards {
  readonly model: Bytes
  /** Session options of the native binding. */
  readonly options: object
}

/** 32-bit words at the head of the shared memory: the turn requested, the turn done, and whether it failed. */
const [asked, done, failed] = [0, 1, 2]
const headBytes = 64
const messageBytes = 1024

/** A thread builds its session, which may take seconds, before it answers for the first time. */
const minTimeout = 120_000

interface BufferRange extends RuntimePort {
  readonly offset: number
  readonly length: number
}

/**
 * What a worker thread runs. It is text, because the file that a worker starts from would be another one in the sources
 * (which need a loader) than in the built package.
 */
const workerSource = `
const { workerData } = require('node:worker_threads')
const { memory, inputs, outputs, rounds, split, model, options, modules } = workerData
const head = new Int32Array(memory, 0, 3)
const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }
let problem
let run = () => { throw problem }
try {
  const { binding, initOrt } = require(modules.binding)
  const { Tensor } = require(modules.tensor)
  initOrt()
  const session = new binding.InferenceSession()
  session.loadModel(model.buffer, model.byteOffset, model.byteLength, options)
  const bufferOf = ({ name, type, dims, offset, length }) => {
    const own = new arrays[type](length)
    return { name, own, shared: new arrays[type](memory, offset, split.has(name) ? rounds * length : length), tensor: new Tensor(type, own, dims) }
  }
  const [given, results] = [inputs.map(bufferOf), outputs.map(bufferOf)]
  const tensors = buffers => Object.fromEntries(buffers.map(({ name, tensor }) => [name, tensor]))
  const [feeds, fetches] = [tensors(given), tensors(results)]
  run = () => {
    for (let round = 0; round < rounds; round++) {
      for (const { name, own, shared } of given) {
        if (split.has(name)) own.set(shared.subarray(round * own.length, (round + 1) * own.length))
        else if (round === 0) own.set(shared)
      }
      session.run(feeds, fetches, {})
      for (const { own, shared } of results) {
        if (round === 0) shared.set(own)
        else for (let i = 0; i < own.length; i++) shared[i] += own[i]
      }
    }
  }
} catch (error) {
  problem = error
}
for (let turn = 0; ; ) {
  Atomics.wait(head, ${asked}, turn)
  turn = Atomics.load(head, ${asked})
  try {
    run()
    Atomics.store(head, ${failed}, 0)
  } catch (error) {
    const text = new TextEncoder().encode(String(error && error.message || error)).subarray(0, ${messageBytes})
    new Uint8Array(memory, ${headBytes}, ${messageBytes}).fill(0).set(text)
    Atomics.store(head, ${failed}, 1)
  }
  Atomics.store(head, ${done}, turn)
  Atomics.notify(head, ${done})
}
`

/** @param first session of the same model for the calling thread; the sharded one disposes of it. */
export function shardedSession(request: ShardRequest, first: RuntimeSession): RuntimeSession {
  const rounds = request.count / request.threads
  const helpers = Array.from({ length: request.threads - 1 }, (_, i) => startHelper(request, i + 1))
  const shard = (feeds: Readonly<Record<string, RuntimeArray>>, index: number, shards = 1) =>
    Object.fromEntries(
      request.inputs.map(port => [port.name, shardOf(port, feeds, { index, shards, split: request.split })]),
    )
  const scratch = rounds === 1 ? {} : Object.fromEntries(request.outputs.map(port => [port.name, ownArray(port)]))
  return {
    run(feeds, outputs) {
      const start = performance.now()
      for (const helper of helpers) helper.start(shard(feeds, helper.index, rounds))
      first.run(shard(feeds, 0), outputs)
      for (let round = 1; round < rounds; round++) {
        first.run(shard(feeds, round), scratch)
        for (const { name } of request.outputs)
          addTo(outputs[name]?.data as Float32Array, scratch[name]?.data as Float32Array)
      }
      const timeout = Math.max(minTimeout, 20 * (performance.now() - start))
      for (const helper of helpers) helper.finish(timeout)
      for (const { name } of request.outputs) {
        const total = outputs[name]?.data as Float32Array
        const parts = helpers.map(helper => helper.results.get(name) as Float32Array)
        average(total, parts, request.count)
      }
    },
    dispose() {
      for (const helper of helpers) helper.stop()
      first.dispose()
    },
  }
}

function ownArray({ type, dims }: RuntimePort): RuntimeArray {
  const length = dims.reduce((product, size) => product * size, 1)
  return { type, dims, data: new { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[type](length) }
}

function addTo(total: Float32Array, part: Float32Array): void {
  for (let i = 0; i < total.length; i++) total[i] = (total[i] as number) + (part[i] as number)
}

/** Writes the mean over `shards` shards into `total`, which, like each of `parts`, is a sum over some of them. */
function average(total: Float32Array, parts: readonly Float32Array[], shards: number): void {
  const weight = 1 / shards
  for (let i = 0; i < total.length; i++) {
    let sum = total[i] as number
    for (const part of parts) sum += part[i] as number
    total[i] = sum * weight
  }
}

function shardOf(
  { name, type, dims }: RuntimePort,
  feeds: Readonly<Record<string, RuntimeArray>>,
  { index, shards, split }: { index: number; shards: number; split: ReadonlySet<string> },
): RuntimeArray {
  const { data } = feeds[name] as RuntimeArray
  const length = dims.reduce((product, size) => product * size, 1) * shards
  return { type, dims, data: split.has(name) ? data.subarray(index * length, (index + 1) * length) : data }
}

interface Helper {
  readonly index: number
  readonly results: ReadonlyMap<string, FedArray>
  start(feeds: Readonly<Record<string, RuntimeArray>>): void
  /**
   * @param timeout milliseconds after which the thread is given up
   * @throws OnnxBackendError RUNTIME_FAILED with what went wrong on the thread.
   */
  finish(timeout: number): void
  stop(): void
}

function startHelper({ model, options, inputs, outputs, split, count, threads }: ShardRequest, index: number): Helper {
  const rounds = count / threads
  const layout = layOut([...inputs, ...outputs], port => (split.has(port.name) ? rounds : 1))
  const memory = new SharedArrayBuffer(layout.bytes)
  const head = new Int32Array(memory, 0, 3)
  const [inputRanges, outputRanges] = [layout.ranges.slice(0, inputs.length), layout.ranges.slice(inputs.length)]
  const require = createRequire(import.meta.url)
  const modules = {
    binding: require.resolve('onnxruntime-node/dist/binding.js'),
    tensor: require.resolve('onnxruntime-node'),
  }
  const ports = { inputs: inputRanges, outputs: outputRanges, rounds, split }
  const workerData = { memory, ...ports, model, options, modules }
  const worker = new Worker(workerSource, { eval: true, workerData })
  worker.unref()
  const shared = new Map(
    inputRanges.map(range => [range.name, view(memory, range, split.has(range.name) ? rounds : 1)]),
  )
  let turn = 0
  return {
    index,
    results: new Map(outputRanges.map(range => [range.name, view(memory, range)])),
    start(feeds) {
      for (const [name, array] of shared) array.set(feeds[name]?.data as FedArray)
      Atomics.store(head, asked, ++turn)
      Atomics.notify(head, asked)
    },
    finish(timeout) {
      for (let last = Atomics.load(head, done); last !== turn; last = Atomics.load(head, done)) {
        if (Atomics.wait(head, done, last, timeout) === 'timed-out') throw unanswered(timeout)
      }
      if (Atomics.load(head, failed) === 1) throw failure(memory)
    },
    stop: () => void worker.terminate(),
  }
}

function layOut(
  ports: readonly RuntimePort[],
  timesOf: (port: RuntimePort) => number,
): { ranges: BufferRange[]; bytes: number } {
  let offset = headBytes + messageBytes
  const ranges = ports.map(port => {
    const length = port.dims.reduce((product, size) => product * size, 1)
    const range = { ...port, offset, length }
    offset += Math.ceil((timesOf(port) * length * (port.type === 'bool' ? 1 : 4)) / 64) * 64
    return range
  })
  return { ranges, bytes: offset }
}

function view(memory: SharedArrayBuffer, { type, offset, length }: BufferRange, times = 1): FedArray {
  const make = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[type]
  return new make(memory as unknown as ArrayBuffer, offset, times * length)
}

const unanswered = (timeout: number): OnnxBackendError =>
  new OnnxBackendError(
    'RUNTIME_FAILED',
    `a thread that runs a shard of the batch has not answered for ${Math.round(timeout / 1000)} s`,
    { hint: 'it may have run out of memory: use fewer threads, useOnnxBackend({ threads: 1 })' },
  )

function failure(memory: SharedArrayBuffer): OnnxBackendError {
  const bytes = new Uint8Array(memory, headBytes, messageBytes).slice()
  const text = new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0) < 0 ? messageBytes : bytes.indexOf(0)))
  return new OnnxBackendError(
    'RUNTIME_FAILED',
    `ONNX Runtime failed on a thread that runs a shard of the batch: ${text}`,
  )
}
