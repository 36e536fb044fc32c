/**
 * One graph on several threads at once, each on its shares of a batch; the results are averaged. Operators of small images
 * are too short to be worth sharing among threads one by one, so on a few cores this trains half as fast again, and it
 * scales with cores where single operators do not.
 *
 * A thread that has more than one share takes them in turn, so that a large batch needs no more memory than a small one.
 *
 * The calling thread does the first shares itself. The others are worker threads with sessions of their own that wait on
 * shared memory (ONNX Runtime takes no shared arrays, so numbers are copied in and out: little beside a train step). Waiting
 * is by futex and nothing is posted between threads, so the call stays synchronous.
 */

import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { OnnxBackendError } from '../errors.ts'
import type { FedArray } from '../graph/value.ts'
import type { RuntimeArray, RuntimePort, RuntimeSession, Shares } from './runtime.ts'

export interface ShareRequest extends Shares {
  readonly model: Uint8Array<ArrayBuffer>
  /** Options of the sessions, as the native binding takes them. */
  readonly options: object
}

/** Places in the shared memory's head, as 32-bit words: the turn to do, the turn done, and whether it failed. */
const [asked, done, failed] = [0, 1, 2]
const headBytes = 64
const messageBytes = 1024

/** A thread builds its session (some seconds for a large graph) before it answers for the first time. */
const leastPatience = 120_000

interface Place extends RuntimePort {
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
  const place = ({ name, type, dims, offset, length }) => {
    const own = new arrays[type](length)
    return { name, own, shared: new arrays[type](memory, offset, split.has(name) ? rounds * length : length), tensor: new Tensor(type, own, dims) }
  }
  const [given, results] = [inputs.map(place), outputs.map(place)]
  const tensors = places => Object.fromEntries(places.map(({ name, tensor }) => [name, tensor]))
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
export function shardedSession(request: ShareRequest, first: RuntimeSession): RuntimeSession {
  const rounds = request.count / request.threads
  const helpers = Array.from({ length: request.threads - 1 }, (_, i) => startHelper(request, i + 1))
  const share = (feeds: Readonly<Record<string, RuntimeArray>>, index: number, shares = 1) =>
    Object.fromEntries(
      request.inputs.map(port => [port.name, shareOf(port, feeds, { index, shares, split: request.split })]),
    )
  const scratch = rounds === 1 ? {} : Object.fromEntries(request.outputs.map(port => [port.name, ownArray(port)]))
  return {
    run(feeds, outputs) {
      const start = performance.now()
      for (const helper of helpers) helper.start(share(feeds, helper.index, rounds))
      first.run(share(feeds, 0), outputs)
      for (let round = 1; round < rounds; round++) {
        first.run(share(feeds, round), scratch)
        for (const { name } of request.outputs)
          addTo(outputs[name]?.data as Float32Array, scratch[name]?.data as Float32Array)
      }
      const patience = Math.max(leastPatience, 20 * (performance.now() - start))
      for (const helper of helpers) helper.finish(patience)
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

/** `total` and `parts` are sums of results of so many shares. */
function average(total: Float32Array, parts: readonly Float32Array[], shares: number): void {
  const weight = 1 / shares
  for (let i = 0; i < total.length; i++) {
    let sum = total[i] as number
    for (const part of parts) sum += part[i] as number
    total[i] = sum * weight
  }
}

function shareOf(
  { name, type, dims }: RuntimePort,
  feeds: Readonly<Record<string, RuntimeArray>>,
  { index, shares, split }: { index: number; shares: number; split: ReadonlySet<string> },
): RuntimeArray {
  const { data } = feeds[name] as RuntimeArray
  const length = dims.reduce((product, size) => product * size, 1) * shares
  return { type, dims, data: split.has(name) ? data.subarray(index * length, (index + 1) * length) : data }
}

interface Helper {
  readonly index: number
  readonly results: ReadonlyMap<string, FedArray>
  start(feeds: Readonly<Record<string, RuntimeArray>>): void
  /**
   * @param patience milliseconds after which the thread is given up
   * @throws OnnxBackendError RUNTIME_FAILED with what went wrong on the thread.
   */
  finish(patience: number): void
  stop(): void
}

function startHelper({ model, options, inputs, outputs, split, count, threads }: ShareRequest, index: number): Helper {
  const rounds = count / threads
  const placed = layOut([...inputs, ...outputs], port => (split.has(port.name) ? rounds : 1))
  const memory = new SharedArrayBuffer(placed.bytes)
  const head = new Int32Array(memory, 0, 3)
  const [givenPlaces, resultPlaces] = [placed.places.slice(0, inputs.length), placed.places.slice(inputs.length)]
  const require = createRequire(import.meta.url)
  const modules = {
    binding: require.resolve('onnxruntime-node/dist/binding.js'),
    tensor: require.resolve('onnxruntime-node'),
  }
  const ports = { inputs: givenPlaces, outputs: resultPlaces, rounds, split }
  const workerData = { memory, ...ports, model, options, modules }
  const worker = new Worker(workerSource, { eval: true, workerData })
  worker.unref()
  const given = new Map(givenPlaces.map(place => [place.name, view(memory, place, split.has(place.name) ? rounds : 1)]))
  let turn = 0
  return {
    index,
    results: new Map(resultPlaces.map(place => [place.name, view(memory, place)])),
    start(feeds) {
      for (const [name, shared] of given) shared.set(feeds[name]?.data as FedArray)
      Atomics.store(head, asked, ++turn)
      Atomics.notify(head, asked)
    },
    finish(patience) {
      for (let last = Atomics.load(head, done); last !== turn; last = Atomics.load(head, done)) {
        if (Atomics.wait(head, done, last, patience) === 'timed-out') throw unanswered(patience)
      }
      if (Atomics.load(head, failed) === 1) throw failure(memory)
    },
    stop: () => void worker.terminate(),
  }
}

function layOut(
  ports: readonly RuntimePort[],
  timesOf: (port: RuntimePort) => number,
): { places: Place[]; bytes: number } {
  let offset = headBytes + messageBytes
  const places = ports.map(port => {
    const length = port.dims.reduce((product, size) => product * size, 1)
    const place = { ...port, offset, length }
    offset += Math.ceil((timesOf(port) * length * (port.type === 'bool' ? 1 : 4)) / 64) * 64
    return place
  })
  return { places, bytes: offset }
}

function view(memory: SharedArrayBuffer, { type, offset, length }: Place, times = 1): FedArray {
  const make = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[type]
  return new make(memory as unknown as ArrayBuffer, offset, times * length)
}

const unanswered = (patience: number): OnnxBackendError =>
  new OnnxBackendError(
    'RUNTIME_FAILED',
    `a thread that runs a share of the batch has not answered for ${Math.round(patience / 1000)} s`,
    { hint: 'it may have run out of memory: use fewer threads, useOnnxBackend({ threads: 1 })' },
  )

function failure(memory: SharedArrayBuffer): OnnxBackendError {
  const bytes = new Uint8Array(memory, headBytes, messageBytes).slice()
  const text = new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0) < 0 ? messageBytes : bytes.indexOf(0)))
  return new OnnxBackendError(
    'RUNTIME_FAILED',
    `ONNX Runtime failed on a thread that runs a share of the batch: ${text}`,
  )
}
