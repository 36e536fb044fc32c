/**
 * onnxruntime-node as a `Runtime`. tfjs has synchronous reads, and the public API of onnxruntime-node is asynchronous, although its native
 * call blocks the thread. So this uses the native binding below `InferenceSession`, which is not public; hence the exact version in
 * package.json.
 */

import { availableParallelism } from 'node:os'
import { Tensor } from 'onnxruntime-node'
import binding from 'onnxruntime-node/dist/binding.js'
import { OnnxBackendError } from '../errors.ts'
import type { Bytes } from '../graph/onnx-format.ts'
import { channelBlockOf } from './channel-block.ts'
import {
  type Device,
  leastStorageBuffers,
  type Runtime,
  type RuntimeArray,
  type RuntimeSession,
  type SessionOptions,
} from './runtime.ts'
import { shardedSession } from './sharded-session.ts'
import { type OpenSession, Reader, type RunSession, WebgpuSession } from './webgpu-session.ts'

/** Of this processor, once known. */
let channelBlock: number | undefined

/** Sessions on a device. Only the CPU supports sharded sessions. */
export function onnxruntimeOn(device: Device): Runtime {
  const name = `onnxruntime-node (${device})`
  if (device === 'webgpu') {
    const open: OpenSession = (model, preferredOutputLocation) =>
      openSession(model, { ...nativeOptions({ device }), preferredOutputLocation })
    const reader = new Reader(open, runSession)
    const createSession = (model: Bytes) => new WebgpuSession(open(model, 'gpu-buffer'), reader, runSession)
    return { name, device, mostTensors: leastStorageBuffers, createSession }
  }
  const createSession = (model: Bytes, options: SessionOptions): RuntimeSession =>
    wrap(openSession(model, nativeOptions({ ...options, device })))
  const runtime: Runtime = { name, device, createSession }
  if (device === 'cuda') return runtime
  return {
    ...runtime,
    get channelBlock() {
      return (channelBlock ??= channelBlockOf(createSession))
    },
    parallelism: availableParallelism(),
    createShardedSession(model, shards) {
      const options = { threads: 1 }
      return shardedSession({ ...shards, model, options: nativeOptions(options) }, createSession(model, options))
    },
  }
}

/** Session options. Operators that the device does not support run on the CPU. */
export const nativeOptions = ({ threads, device = 'cpu' }: SessionOptions & { readonly device?: Device }) => ({
  executionProviders: [device],
  graphOptimizationLevel: 'all' as const,
  executionMode: 'sequential' as const,
  logSeverityLevel: 3 as const,
  // memory patterns need additional memory and are not faster
  enableMemPattern: false,
  // spinning threads double the time of a step as soon as another program uses a core
  extra: { session: { intra_op: { allow_spinning: '0' } } },
  ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
})

type Native = InstanceType<typeof binding.binding.InferenceSession>

function openSession(model: Bytes, options: Parameters<Native['loadModel']>[3]): Native {
  binding.initOrt()
  const session = new binding.binding.InferenceSession()
  try {
    session.loadModel(model.buffer, model.byteOffset, model.byteLength, options)
    return session
  } catch (cause) {
    throw new OnnxBackendError('RUNTIME_FAILED', `ONNX Runtime rejected a recorded graph: ${message(cause)}`, { cause })
  }
}

const runSession: RunSession = (session, feeds, outputs) => {
  try {
    return session.run(feeds, outputs, {}) as Record<string, Tensor>
  } catch (cause) {
    throw new OnnxBackendError('RUNTIME_FAILED', `ONNX Runtime failed while running a graph: ${message(cause)}`, {
      cause,
    })
  }
}

function wrap(session: Native): RuntimeSession {
  let open = true
  return {
    run: (feeds, outputs) => void runSession(session, tensors(feeds), tensors(outputs)),
    dispose() {
      if (open) session.dispose()
      open = false
    },
  }
}

function tensors(arrays: Readonly<Record<string, RuntimeArray>>): Record<string, Tensor> {
  const result: Record<string, Tensor> = {}
  for (const name in arrays) {
    const { type, data, dims } = arrays[name] as RuntimeArray
    result[name] = new Tensor(type, data as Float32Array, dims)
  }
  return result
}

const message = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
