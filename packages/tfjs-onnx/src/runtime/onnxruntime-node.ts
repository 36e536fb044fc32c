/**
 * onnxruntime-node as a `Runtime`. Its public API is asynchronous in form only (the native call blocks the thread), and
 * tfjs has synchronous reads, so this goes to the package's native binding, one layer below `InferenceSession`. That
 * layer is not public, hence the exact version in package.json.
 */

import { availableParallelism } from 'node:os'
import { Tensor } from 'onnxruntime-node'
import binding from 'onnxruntime-node/dist/binding.js'
import type { Bytes } from '../bytes.ts'
import { OnnxBackendError } from '../errors.ts'
import { channelBlockOf } from './channel-block.ts'
import type { Device, Runtime, RuntimeArray, RuntimeSession, SessionOptions } from './runtime.ts'
import { shardedSession } from './sharded-session.ts'

/** Arrays that one shader can have on every WebGPU device (its limit `maxStorageBuffersPerShaderStage`). */
const leastStorageBuffers = 8

/** Of this processor, once it was asked for. */
let channelBlock: number | undefined

/** Sessions on a device. The CPU also splits batches among threads. */
export function onnxruntimeOn(device: Device): Runtime {
  const createSession = (model: Bytes, options: SessionOptions): RuntimeSession => {
    binding.initOrt()
    const session = new binding.binding.InferenceSession()
    try {
      session.loadModel(model.buffer, model.byteOffset, model.byteLength, nativeOptions({ ...options, device }))
    } catch (cause) {
      throw new OnnxBackendError('RUNTIME_FAILED', `ONNX Runtime refused a recorded graph: ${message(cause)}`, {
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

/** How sessions run: whole graphs, on the CPU by default; what another device cannot run goes to the CPU. */
export const nativeOptions = ({ threads, device = 'cpu' }: SessionOptions & { readonly device?: Device }) => ({
  executionProviders: [device],
  graphOptimizationLevel: 'all' as const,
  executionMode: 'sequential' as const,
  logSeverityLevel: 3 as const,
  // a pattern is laid out beside the memory that the first run took, and no faster
  enableMemPattern: false,
  // threads that wait by spinning double the time of a step as soon as anything else wants a core
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
