/**
 * Outputs of the trained network for the probes, computed by tfjs on its WebAssembly backend. One image at a time, so that a
 * graph whose images influence each other is detected, and memory stays small.
 */

import { throwIfAborted } from '@mixflow/core/internal'
import * as tf from '@tensorflow/tfjs-core'
import type { NetworkGraph, Tensors } from '../graph/network-graph.ts'
import { onBackend } from '../graph/on-backend.ts'
import { tensorsOf } from '../graph/onnx-bytes.ts'
import { elementsOf, imageCount, type Probe, shapeOf, slice } from './probes.ts'

/** Output name -> values of all images, one after the other. */
export type Outputs = ReadonlyMap<string, Float32Array>

export interface ReferenceOptions {
  readonly signal?: AbortSignal | undefined
  readonly onImage?: (() => void) | undefined
}

export async function referenceOutputs(
  graph: NetworkGraph,
  inputs: readonly Probe[],
  { signal, onImage }: ReferenceOptions,
): Promise<Outputs> {
  const outputs = new Map(graph.ports.outputs.map(port => [port.name, new Float32Array(imageCount * elementsOf(port))]))
  const parameters = await onBackend('wasm', () => tensorsOf(graph.parameters))
  try {
    for (let first = 0; first < imageCount; first++) {
      throwIfAborted(signal)
      const arrays = Object.fromEntries(inputs.map(probe => [probe.port.name, slice(probe, { first, images: 1 })]))
      const found = await onBackend('wasm', () => evaluate(graph, parameters, arrays))
      for (const [name, data] of Object.entries(found)) outputs.get(name)?.set(data, first * data.length)
      onImage?.()
      // let timers and signals run
      await new Promise(resolve => setImmediate(resolve))
    }
  } finally {
    tf.dispose(parameters)
  }
  return outputs
}

/** Returns the outputs of a network for arrays of whole images, on the current backend. */
export function evaluate(graph: NetworkGraph, parameters: Tensors, arrays: Readonly<Record<string, Probe['data']>>) {
  return tf.tidy(() => {
    const tensors = graph.ports.inputs.map(port => {
      const values = arrays[port.name]!
      return [port.name, tf.tensor(values, shapeOf(port, values.length / elementsOf(port)), port.dtype)]
    })
    const outputs = Object.entries(graph.apply(parameters, Object.fromEntries(tensors)))
    return Object.fromEntries(outputs.map(([name, tensor]) => [name, tensor.dataSync() as Float32Array]))
  })
}
