/**
 * The ONNX Runtime instances of this thread, one for each device, started on first use: script, WebAssembly, and a test session. A start
 * that failed is forgotten, so that the next call tries again.
 */
import { MixflowError } from '@mixflow/core'
import { Queue } from '@mixflow/core/internal'
import type { Device, PlainOptions } from '../options.ts'
import type { BinarySource } from '../packed/binary.ts'
import { binaryBytes, createOrt, type Ort, readBinary } from '../packed/ort.ts'

export interface RunningRuntime {
  readonly ort: Promise<Ort>
  /** Resolves when everything is downloaded. Rejects as `ort` does. */
  readonly downloaded: Promise<unknown>
  /** Bytes to download; 0 if unknown. */
  readonly totalBytes: number
  /** Calls `listener` with the number of bytes downloaded, now and whenever it grows. */
  watch(listener: (bytes: number) => void): void
}

/** Shared by all models of this thread: sessions of one ONNX Runtime must not run at the same time. */
export const queue = new Queue()

const running = new Map<Device, RunningRuntime>()

/** Returns the ONNX Runtime of a device, started by the first call. Its promises reject with PACKAGE_MISSING or DEVICE_UNAVAILABLE. */
export function startRuntime(device: Device, options: BinarySource): RunningRuntime {
  const known = running.get(device)
  if (known !== undefined) return known
  const listeners = new Set<(bytes: number) => void>()
  let bytes = 0
  const binary = readBinary(device, options, received => {
    bytes = received
    for (const listener of listeners) listener(received)
  })
  const downloaded = Promise.all([createOrt(device, options.runtime), binary])
  const ort = downloaded.then(([created, content]) => start(created, content, options.runtime))
  const started: RunningRuntime = {
    ort,
    downloaded,
    totalBytes: binaryBytes(device, options),
    watch(listener) {
      listeners.add(listener)
      listener(bytes)
    },
  }
  running.set(device, started)
  ort.catch(() => running.delete(device)).finally(() => listeners.clear())
  return started
}

/** An ONNX graph of one operator: y = Identity(x), one number. */
const identity = 'CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCAhAN'

async function start(
  ort: Ort,
  binary: Uint8Array<ArrayBuffer> | undefined,
  { threads }: PlainOptions['runtime'],
): Promise<Ort> {
  const { wasm } = ort.env
  if (threads !== undefined) wasm.numThreads = threads
  if (binary !== undefined) wasm.wasmBinary = binary.buffer
  const graph = Uint8Array.from(atob(identity), character => character.charCodeAt(0))
  try {
    const session = await queue.run(() => ort.InferenceSession.create(graph, { executionProviders: ['wasm'] }))
    await session.release()
    return ort
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new MixflowError('DEVICE_UNAVAILABLE', `ONNX Runtime does not start: ${message.slice(0, 300)}`, {
      hint: "allow WebAssembly in the page's Content-Security-Policy: script-src 'wasm-unsafe-eval'; otherwise load the model again, or reload the page",
      cause,
    })
  } finally {
    delete wasm.wasmBinary
  }
}
