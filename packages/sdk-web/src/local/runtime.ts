/**
 * ONNX Runtime in this thread, one instance for each device, started when it is first needed: its script, its WebAssembly
 * (packed/read-binary.built.ts), and a session of the smallest graph. A start that failed is forgotten, so that the next one begins anew.
 */
import { MixflowError } from '@mixflow/core'
import { Queue } from '@mixflow/core/internal'
import type { Device, PlainOptions } from '../options.ts'
import type { BinarySource } from '../packed/binary.ts'
import { createOrt, type Ort } from '../packed/ort.ts'
import { binaryBytes, readBinary } from '../packed/read-binary.ts'

export type { Ort } from '../packed/ort.ts'

/** A start that is under way or done. */
export interface RunningRuntime {
  readonly ort: Promise<Ort>
  /** Once nothing more is to be downloaded. Fails as `ort` does. */
  readonly downloaded: Promise<unknown>
  /** Bytes to download; 0 where that is not known. */
  readonly totalBytes: number
  /** Calls `tell` with the bytes downloaded until now, and whenever there are more. */
  watch(tell: (bytes: number) => void): void
}

/** One for all models of this thread: sessions of one ONNX Runtime must not run at once. */
export const queue = new Queue()

const running = new Map<Device, RunningRuntime>()

/** Returns the ONNX Runtime of a device, which is started by the first call. The promises in it reject with PACKAGE_MISSING, DEVICE_UNAVAILABLE. */
export function startRuntime(device: Device, options: BinarySource): RunningRuntime {
  const known = running.get(device)
  if (known !== undefined) return known
  const watchers = new Set<(bytes: number) => void>()
  let bytes = 0
  const binary = readBinary(device, options, read => {
    bytes = read
    for (const tell of watchers) tell(read)
  })
  const downloaded = Promise.all([createOrt(device, options.runtime), binary])
  const ort = downloaded.then(([made, content]) => start(made, content, options.runtime))
  const started: RunningRuntime = {
    ...{ ort, downloaded, totalBytes: binaryBytes(device, options) },
    watch(tell) {
      watchers.add(tell)
      tell(bytes)
    },
  }
  running.set(device, started)
  ort.catch(() => running.delete(device)).finally(() => watchers.clear())
  return started
}

/** y = x, of one number. */
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
      hint: "allow WebAssembly in the page's policy (CSP): script-src 'wasm-unsafe-eval'; otherwise load the model again, or reload the page",
      cause,
    })
  } finally {
    delete wasm.wasmBinary
  }
}
