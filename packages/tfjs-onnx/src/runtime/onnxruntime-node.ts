/**
 * onnxruntime-node as a `Runtime`. tfjs has synchronous reads, and the public API of onnxruntime-node is asynchronous, although its native
 * call blocks the thread. So this uses the native binding below `InferenceSession`, which is not public; hence the exact version in
 * package.json.
 */

import { availableParallelism } from 'node:os'
import { Tensor } from 'onnxruntime-node'
import binding from 'onnxruntime-node/dist/binding.js'
import { OnnxBackendError } from '../errors.ts'
import type { Bytes } from '../graph/model.ts'
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

/** Of this processor, once known. */
let channelBlock: number | undefined

/** Sessions on a device. Only the CPU supports sharded sessions. */
export function onnxruntimeOn(device: Device): Runtime {
  const createSession = (model: Bytes, options: SessionOptions): RuntimeSession => {
    binding.initOrt()
    const session = new binding.binding.InferenceSession()
    try {
      session.loadModel(model.buffer, model.byteOffset, model.byteLength, nativeOptions({ ...options, device }))
    } catch (cause) {
      throw new OnnxBackendError('RUNTIME_FAILED', `ONNX Runtime rejected a recorded graph: ${message(cause)}`, {
        cause,
      })
    }
    return wrap(session)
  }
  const runtime: Runtime = { name: `onnxruntime-node (${device})`, device, createSession }
  if (device === 'webgpu') return { ...runtime, mostTensors: leastStorageBuffers }
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

function wrap(session: InstanceType<typeof binding.binding.InferenceSession>): RuntimeSession {
  let open = true
  return {
    run(feeds, outputs) {
      try {
        session.run(tensors(feeds), tensors(outputs), {})
      } catch (cause) {
        throw new OnnxBackendError('RUNTIME_FAILED', `ONNX Runtime failed while running a graph: ${message(cause)}`, {
          cause,
        })
      }
    },
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
