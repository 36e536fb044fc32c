/** Opens and runs an ONNX model on the CPU, with onnxruntime-node's public API and without tfjs, for example to check an exported graph. */

import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { OnnxBackendError } from './errors.ts'
import type { ComputedType } from './lazy.ts'
import { loadNodeRuntime } from './runtime/load-node.ts'
import type { RuntimeArray, SessionOptions } from './runtime/runtime.ts'
import type { Dims } from './trace.ts'

export interface ModelPort {
  readonly name: string
  readonly type: ComputedType
  /** Free dimensions are names. */
  readonly dims: Dims
}

export interface OpenModel {
  readonly inputs: readonly ModelPort[]
  readonly outputs: readonly ModelPort[]
  /**
   * Returns all outputs by name; the arrays belong to the caller.
   *
   * @throws OnnxBackendError RUNTIME_FAILED for missing inputs, wrong types or shapes, and errors of the runtime
   */
  run(feeds: Readonly<Record<string, RuntimeArray>>): Promise<Readonly<Record<string, RuntimeArray>>>
  /** May be called more than once. */
  dispose(): Promise<void>
}

/**
 * @throws OnnxBackendError RUNTIME_FAILED if the runtime rejects the model, or an input or output is not float32, int32 or bool;
 *   RUNTIME_MISSING
 */
export async function openModel(bytes: Uint8Array, options: SessionOptions = {}): Promise<OpenModel> {
  const { InferenceSession, Tensor, nativeOptions } = await loadNodeRuntime()
  const session = await InferenceSession.create(bytes, nativeOptions(options)).catch(cause => {
    throw failed('ONNX Runtime rejected the model', cause)
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

const computed: readonly string[] = ['float32', 'int32', 'bool'] satisfies ComputedType[]

function port(metadata: InferenceSession.ValueMetadata): ModelPort {
  const { name } = metadata
  if (metadata.isTensor && computed.includes(metadata.type)) {
    return { name, type: metadata.type as ComputedType, dims: metadata.shape }
  }
  const found = metadata.isTensor ? metadata.type : 'not a tensor'
  throw new OnnxBackendError('RUNTIME_FAILED', `the input or output "${name}" is ${found}`, {
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
