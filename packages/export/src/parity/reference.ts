/**
 * Outputs of the trained network for the probes, computed by tfjs on its WebAssembly backend. One image at a time, so that a
 * graph whose images influence each other is detected, and memory stays small.
 */

import { throwIfAborted } from '@mixflow/core/internal'
import * as tf from '@tensorflow/tfjs-core'
import type { NetworkGraph } from '../graph/network-graph.ts'
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
      const numbers = await onBackend('wasm', () => tf.tidy(() => evaluate(graph, { parameters, inputs, first })))
      for (const { name, data } of numbers) outputs.get(name)?.set(data, first * data.length)
      onImage?.()
      // let timers and signals run
      await new Promise(resolve => setImmediate(resolve))
    }
  } finally {
    tf.dispose(parameters)
  }
  return outputs
}

interface Evaluation {
  readonly parameters: Readonly<Record<string, tf.Tensor>>
  readonly inputs: readonly Probe[]
  readonly first: number
}

function evaluate(graph: NetworkGraph, { parameters, inputs, first }: Evaluation) {
  const tensors = inputs.map(probe => {
    const values = slice(probe, { first, images: 1 })
    return [probe.port.name, tf.tensor(values, shapeOf(probe.port, 1), probe.port.dtype)]
  })
  const results = graph.apply(parameters, Object.fromEntries(tensors))
  return Object.entries(results).map(([name, tensor]) => ({ name, data: tensor.dataSync() }))
}
