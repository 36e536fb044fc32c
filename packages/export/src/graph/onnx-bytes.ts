/** A network as the bytes of an ONNX model, in either precision of the weights; inputs and outputs are float32 anyway. */

import type { Bytes } from '@mixflow/core/internal'
import { trace } from '@mixflow/tfjs-onnx'
import * as tf from '@tensorflow/tfjs-core'
import type { NetworkGraph, Tensors } from './network-graph.ts'
import { onBackend } from './on-backend.ts'

export const dtypes = ['float32', 'float16'] as const
export type Dtype = (typeof dtypes)[number]

/** The graph's name is the model's and the network's. */
export function onnxBytes(
  graph: NetworkGraph,
  { name, dtype }: { readonly name: string; readonly dtype: Dtype },
): Promise<Bytes> {
  const { ports, role, apply } = graph
  const specs = Object.fromEntries(ports.inputs.map(port => [port.name, { dims: port.dims, dtype: port.dtype }]))
  return onBackend('onnx', () =>
    withWeights(graph, parameters =>
      trace(
        (...inputs) => apply(parameters, Object.fromEntries(ports.inputs.map((port, i) => [port.name, inputs[i]!]))),
        specs,
        { name: `${name} ${role}`, weights: dtype },
      ),
    ),
  )
}

/** Calls `f` with the weights as tensors of the current backend, which are gone afterwards. */
export function withWeights<T>({ weights }: NetworkGraph, f: (parameters: Tensors) => T): T {
  const parameters = tensorsOf(weights)
  try {
    return f(parameters)
  } finally {
    tf.dispose(parameters)
  }
}

export const tensorsOf = (weights: NetworkGraph['weights']): Tensors =>
  Object.fromEntries([...weights].map(([name, { values, shape }]) => [name, tf.tensor(values, [...shape])]))
