/**
 * onnxruntime-web as a `Runtime`, for pages. The page chooses a build and passes it:
 *
 *     import * as ort from 'onnxruntime-web/webgpu' // or /wasm, which is smaller and has the CPU only
 *     await useOnnxBackend({ runtime: await onnxruntimeWeb(ort) })
 *
 * It is asynchronous, so its sessions are queued: a result is a handle to an array on the device. On WebGPU, parameters and optimizer
 * state stay on the GPU; only values that are read are copied.
 */

import { OnnxBackendError } from '../errors.ts'
import type { Bytes } from '../graph/onnx-format.ts'
import type { FedArray, RemoteArray } from '../graph/value.ts'
import { runOneNode } from './one-node.ts'
import { Queue } from './queue.ts'
import {
  leastStorageBuffers,
  type QueuedSession,
  type Runtime,
  type RuntimeArray,
  type RuntimePort,
} from './runtime.ts'

/** The used part of onnxruntime-web, which every build has. */
export type OnnxruntimeWeb = Pick<typeof import('onnxruntime-node'), 'InferenceSession' | 'Tensor'>
type Session = Awaited<ReturnType<OnnxruntimeWeb['InferenceSession']['create']>>
type OrtTensor = InstanceType<OnnxruntimeWeb['Tensor']>

export interface WebRuntimeOptions {
  /** `cpu` is WebAssembly. `auto` is WebGPU on a hardware adapter, otherwise the CPU; see the runtime's `note`. Default: `auto`. */
  readonly device?: 'cpu' | 'webgpu' | 'auto'
}

/** @throws OnnxBackendError RUNTIME_MISSING if the device cannot be used. */
export async function onnxruntimeWeb(ort: OnnxruntimeWeb, options: WebRuntimeOptions = {}): Promise<Runtime> {
  const { device = 'auto' } = options
  if (device === 'cpu') return onDevice(ort, 'cpu')
  const problem = await problemOfWebgpu(ort, device === 'auto')
  if (problem === null) return onDevice(ort, 'webgpu')
  if (device === 'auto') return { ...onDevice(ort, 'cpu'), note: problem }
  throw new OnnxBackendError('RUNTIME_MISSING', `the device "webgpu" cannot be used: ${problem}`, {
    hint: 'import onnxruntime-web/webgpu rather than /wasm, in a browser with WebGPU; or use device: "cpu"',
  })
}

interface Gpu {
  requestAdapter(): Promise<{ readonly info?: { readonly isFallbackAdapter?: boolean } } | null>
}

async function problemOfWebgpu(ort: OnnxruntimeWeb, onlyReal: boolean): Promise<string | null> {
  const adapter = await (navigator as { readonly gpu?: Gpu }).gpu?.requestAdapter()
  if (adapter === undefined) return 'the browser has no WebGPU'
  if (adapter === null) return 'the browser has no WebGPU adapter'
  if (onlyReal && adapter.info?.isFallbackAdapter === true) return 'the only WebGPU adapter is a software fallback'
  try {
    await runOneNode(onDevice(ort, 'webgpu'))
    return null
  } catch (error) {
    return (error as Error).message
  }
}

function onDevice(ort: OnnxruntimeWeb, device: 'cpu' | 'webgpu'): Runtime {
  const queue = new Queue()
  return {
    name: `onnxruntime-web (${device})`,
    device,
    queued: true,
    idle: () => queue.idle(),
    ...(device === 'webgpu' ? { mostTensors: leastStorageBuffers } : {}),
    createSession: model => new WebSession({ ort, queue, device, model }),
  }
}

interface Opening {
  readonly ort: OnnxruntimeWeb
  readonly queue: Queue
  readonly device: 'cpu' | 'webgpu'
  readonly model: Bytes
}

class WebSession implements QueuedSession {
  readonly #ort: OnnxruntimeWeb
  readonly #queue: Queue
  readonly #session: Promise<Session>

  constructor({ ort, queue, device, model }: Opening) {
    this.#ort = ort
    this.#queue = queue
    this.#session = queue
      .run(() =>
        ort.InferenceSession.create(model, {
          executionProviders: [device === 'cpu' ? 'wasm' : 'webgpu'],
          graphOptimizationLevel: 'all',
          logSeverityLevel: 3,
          ...(device === 'cpu' ? {} : { preferredOutputLocation: 'gpu-buffer' as const }),
        }),
      )
      .catch(failed('rejected a recorded graph'))
    this.#session.catch(() => {}) // reported where a result is read
  }

  enqueue(
    feeds: Readonly<Record<string, RuntimeArray | RemoteArray>>,
    outputs: readonly (RuntimePort & { readonly name: string })[],
  ): RemoteArray[] {
    const results = this.#queue.run(async () => {
      const session = await this.#session
      const tensors: Record<string, OrtTensor> = {}
      for (const [name, array] of Object.entries(feeds)) tensors[name] = await this.#tensor(array)
      return session.run(tensors).catch(failed('failed while running a graph'))
    })
    return outputs.map(({ name, type, dims }) => {
      const tensor = results.then(all => all[name] as OrtTensor)
      tensor.catch(() => {}) // reported where a result is read
      return new WebArray(this.#queue, tensor, { type, dims })
    })
  }

  #tensor(array: RuntimeArray | RemoteArray): OrtTensor | Promise<OrtTensor> {
    if (array instanceof WebArray) return array.tensor
    const { type, data, dims } = array as RuntimeArray
    return new this.#ort.Tensor(type, data as Float32Array, dims)
  }

  dispose(): void {
    this.#queue.run(async () => (await this.#session).release()).catch(() => {})
  }
}

/** A result on the device, available once the queue has run. */
class WebArray implements RemoteArray {
  readonly type: RuntimeArray['type']
  readonly dims: readonly number[]
  readonly tensor: Promise<OrtTensor>
  readonly #queue: Queue

  constructor(queue: Queue, tensor: Promise<OrtTensor>, { type, dims }: Pick<RuntimePort, 'type' | 'dims'>) {
    this.#queue = queue
    this.tensor = tensor
    this.type = type
    this.dims = dims
  }

  read(): Promise<FedArray> {
    return this.#queue.run(async () => ((await (await this.tensor).getData()) as FedArray).slice())
  }

  dispose(): void {
    this.#queue.run(async () => (await this.tensor).dispose()).catch(() => {})
  }
}

const failed =
  (what: string) =>
  (cause: unknown): never => {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new OnnxBackendError('RUNTIME_FAILED', `ONNX Runtime ${what}: ${message}`, { cause })
  }
