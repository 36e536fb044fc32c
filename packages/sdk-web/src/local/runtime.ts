/**
 * ONNX Runtime's two builds, imported when they are first needed and at no other time: `/webgpu` for GPUs, `/wasm`, half as
 * large, for the processor. (The package's plain name is not used: its default GPU provider is deprecated.) They are
 * instances apart, so that the processor still works where the GPU took the other one down.
 */
import { MixflowError } from '@mixflow/core'
import type { Device, PlainOptions } from '../options.ts'

export type Ort = Pick<typeof import('onnxruntime-web/wasm'), 'InferenceSession' | 'Tensor' | 'env'>

/** The version that this package was tested with; its peer dependency. */
const version = '1.30.0'

const builds = {
  webgpu: () => import('onnxruntime-web/webgpu'),
  wasm: () => import('onnxruntime-web/wasm'),
} as const satisfies Record<Device, () => Promise<Ort>>

/** By an address that no bundler shall look for. */
const importFrom = (address: string): Promise<Ort> =>
  import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ address)

/** @throws MixflowError PACKAGE_MISSING */
export async function importRuntime(
  device: Device,
  { wasmPaths, threads, scripts = {} }: PlainOptions['runtime'],
): Promise<Ort> {
  const script = scripts[device]
  const ort: Ort = await (script === undefined ? builds[device]() : importFrom(script)).catch(cause => {
    throw missing(
      `onnxruntime-web/${device} cannot be imported: ${cause instanceof Error ? cause.message : cause}`,
      cause,
    )
  })
  const found = ort.env.versions.web ?? ort.env.versions.common
  if (found !== undefined && found !== version) throw missing(`onnxruntime-web is there in version ${found}`)
  if (wasmPaths !== undefined) ort.env.wasm.wasmPaths = wasmPaths
  if (threads !== undefined) ort.env.wasm.numThreads = threads
  return ort
}

/** y = x, of one number. */
const identity = 'CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCAhAN'

const warm = new Map<Device, Promise<void>>()

/**
 * Starts ONNX Runtime while weights are still on their way, by a session of the smallest graph: fetching and compiling its WebAssembly
 * takes longer than all else. Done once; what fails here fails again, with its error, where the runtime is needed.
 */
export function warmUp(device: Device, runtime: PlainOptions['runtime']): Promise<void> {
  const start = async () => {
    const ort = await importRuntime(device, runtime)
    const graph = Uint8Array.from(atob(identity), character => character.charCodeAt(0))
    await (await ort.InferenceSession.create(graph, { executionProviders: ['wasm'] })).release()
  }
  const known = warm.get(device)
  if (known !== undefined) return known
  const started = start().catch(() => void warm.delete(device))
  warm.set(device, started)
  return started
}

function missing(message: string, cause?: unknown): MixflowError {
  return new MixflowError('PACKAGE_MISSING', message, {
    hint: `npm install onnxruntime-web@${version}; a policy (CSP) must allow its script and 'wasm-unsafe-eval'`,
    ...(cause !== undefined && { cause }),
  })
}

/** The error for a session that could not be made: the runtime itself did not start, or it refused the graph. */
export function asStartError(cause: unknown, otherwise: () => MixflowError): MixflowError {
  const message = cause instanceof Error ? cause.message : String(cause)
  if (!/no available backend found|initWasm|wasm.*(fetch|load|compile)|CompileError/i.test(message)) return otherwise()
  return new MixflowError('DEVICE_UNAVAILABLE', `ONNX Runtime does not start: ${message.slice(0, 300)}`, {
    hint: `its .wasm and .mjs files must be served: see "runtime.wasmPaths"; a policy (CSP) needs script-src 'wasm-unsafe-eval'`,
    cause,
  })
}
