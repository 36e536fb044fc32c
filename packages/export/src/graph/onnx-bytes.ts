/** A network as an ONNX model, with parameters in float32 or float16; inputs and outputs are always float32. */

import type { Bytes } from '@mixflow/core/internal'
import { trace } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import type { NetworkGraph, Tensors } from './network-graph.ts'
import { onBackend } from './on-backend.ts'

export const dtypes = ['float32', 'float16'] as const
export type Dtype = (typeof dtypes)[number]

/** @param options.name of the model, for the name of the graph */
export function onnxBytes(
  graph: NetworkGraph,
  { name, dtype }: { readonly name: string; readonly dtype: Dtype },
): Promise<Bytes> {
  const { ports, role, apply } = graph
  const specs = Object.fromEntries(ports.inputs.map(port => [port.name, { dims: port.dims, dtype: port.dtype }]))
  return onBackend('onnx', () =>
    withParameters(graph, parameters =>
      trace(
        (...inputs) => apply(parameters, Object.fromEntries(ports.inputs.map((port, i) => [port.name, inputs[i]!]))),
        specs,
        { name: `${name} ${role}`, weights: dtype },
      ),
    ),
  )
}

/** Calls `f` with the parameters as tensors of the current backend, which are then disposed of. */
export function withParameters<T>({ parameters }: NetworkGraph, f: (parameters: Tensors) => T): T {
  const tensors = tensorsOf(parameters)
  try {
    return f(tensors)
  } finally {
    tf.dispose(tensors)
  }
}

export const tensorsOf = (parameters: NetworkGraph['parameters']): Tensors =>
  Object.fromEntries([...parameters].map(([name, { values, shape }]) => [name, tf.tensor(values, [...shape])]))
