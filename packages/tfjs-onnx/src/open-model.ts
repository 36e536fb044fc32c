/**
 * Opens the bytes of an ONNX model to run them: the check that an exported graph computes what the tfjs code did, and a
 * way to use it. tfjs has no part in it. On onnxruntime-node's public API, on the CPU.
 */

import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { OnnxBackendError } from './errors.ts'
import type { ComputedType } from './lazy.ts'
import type { RuntimeArray, SessionOptions } from './runtime/runtime.ts'
import type { Dims } from './trace.ts'

export interface ModelPort {
  readonly name: string
  readonly type: ComputedType
  /** Free dimensions by their name. */
  readonly dims: Dims
}

export interface OpenModel {
  readonly inputs: readonly ModelPort[]
  readonly outputs: readonly ModelPort[]
  /**
   * All outputs by name; their arrays belong to the caller.
   *
   * @throws OnnxBackendError RUNTIME_FAILED for missing inputs, other types or shapes, or what the runtime reports.
   */
  run(feeds: Readonly<Record<string, RuntimeArray>>): Promise<Readonly<Record<string, RuntimeArray>>>
  /** Frees the model. Calling it again does nothing. */
  dispose(): Promise<void>
}

/**
 * @throws OnnxBackendError RUNTIME_FAILED if the bytes are no model that the runtime takes, or have inputs or outputs
 *   that are not float32, int32 or bool; RUNTIME_MISSING.
 */
export async function openModel(bytes: Uint8Array, options: SessionOptions = {}): Promise<OpenModel> {
  const { InferenceSession, Tensor, nativeOptions } = await loadRuntime()
  const session = await InferenceSession.create(bytes, nativeOptions(options)).catch(cause => {
    throw failed('ONNX Runtime refused the model', cause)
  })
  let open = true
  const dispose = async (): Promise<void> => {
    const wasOpen = open
    open = false
    if (wasOpen) await session.release()
  }
  const evaluate = async (feeds: Readonly<Record<string, RuntimeArray>>) => {
    const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [
      name,
      new Tensor(type, data as Float32Array, dims),
    ])
    return session.run(Object.fromEntries(tensors) as Record<string, Tensor>)
  }
  try {
    const [inputs, outputs] = [session.inputMetadata.map(port), session.outputMetadata.map(port)]
    return {
      inputs,
      outputs,
      dispose,
      async run(feeds) {
        const results = await evaluate(feeds).catch(cause => {
          throw failed('ONNX Runtime failed while running the model', cause)
        })
        return Object.fromEntries(outputs.map(({ name, type }) => [name, result(type, results[name] as Tensor)]))
      },
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function loadRuntime() {
  try {
    return await import('#in-node')
  } catch (cause) {
    if (cause instanceof OnnxBackendError) throw cause
    throw new OnnxBackendError('RUNTIME_MISSING', 'onnxruntime-node could not be loaded', {
      hint: 'ONNXRUNTIME_NODE_INSTALL=skip npm i onnxruntime-node@1.30.0 (linux, macOS and Windows on x64 and arm64)',
      cause,
    })
  }
}

const computed: readonly string[] = ['float32', 'int32', 'bool'] satisfies ComputedType[]

function port(metadata: InferenceSession.ValueMetadata): ModelPort {
  const { name } = metadata
  if (metadata.isTensor && computed.includes(metadata.type)) {
    return { name, type: metadata.type as ComputedType, dims: metadata.shape }
  }
  const found = metadata.isTensor ? metadata.type : 'no tensor'
  throw new OnnxBackendError('RUNTIME_FAILED', `the model's "${name}" is ${found}`, {
    hint: 'inputs and outputs must be tensors of float32, int32 or bool',
  })
}

const result = (type: ComputedType, { data, dims }: Tensor): RuntimeArray => ({
  type,
  dims,
  data: data as RuntimeArray['data'],
})

const failed = (what: string, cause: unknown): OnnxBackendError =>
  new OnnxBackendError('RUNTIME_FAILED', `${what}: ${cause instanceof Error ? cause.message : cause}`, { cause })
