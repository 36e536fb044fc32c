/**
 * Compares an exported graph with the trained network: opens it in ONNX Runtime, checks its ports against the manifest's, and
 * runs it on the probes in batches of several sizes.
 */

import { MixflowError } from '@mixflow/core'
import { type Port, throwIfAborted } from '@mixflow/core/internal'
import { type ModelPort, type OpenModel, openModel } from '@mixflow/tfjs-onnx'
import type { NetworkGraph } from '../graph/network-graph.ts'
import { batchSizes, elementsOf, type Probe, shapeOf, slice } from './probes.ts'
import type { Outputs } from './reference.ts'

/** The largest difference, and where it occurs. */
export interface Difference {
  readonly maxAbsError: number
  readonly output: string
  readonly batchSize: number
}

export interface Comparison {
  readonly graph: NetworkGraph
  readonly inputs: readonly Probe[]
  readonly expected: Outputs
  readonly signal?: AbortSignal | undefined
}

/** @throws MixflowError MODEL_INVALID if the graph's inputs or outputs differ from the network's; ABORTED */
export async function compare(bytes: Uint8Array, comparison: Comparison): Promise<Difference> {
  const model = await openModel(bytes)
  try {
    checkPorts(model, comparison.graph)
    let worst: Difference = { maxAbsError: 0, output: '', batchSize: 0 }
    let first = 0
    for (const images of batchSizes) {
      throwIfAborted(comparison.signal)
      const found = await compareBatch(model, { ...comparison, first, images })
      if (found.maxAbsError >= worst.maxAbsError) worst = found
      first += images
    }
    return worst
  } finally {
    await model.dispose()
  }
}

interface Batch extends Comparison {
  readonly first: number
  readonly images: number
}

async function compareBatch(model: OpenModel, { graph, inputs, expected, first, images }: Batch): Promise<Difference> {
  const feeds = inputs.map(probe => [
    probe.port.name,
    { type: probe.port.dtype, dims: shapeOf(probe.port, images), data: slice(probe, { first, images }) },
  ])
  const results = await model.run(Object.fromEntries(feeds))
  const differences = graph.ports.outputs.map(port => {
    const reference = expected.get(port.name)!.subarray(first * elementsOf(port), (first + images) * elementsOf(port))
    return { maxAbsError: distance(results[port.name]!.data, reference), output: port.name, batchSize: images }
  })
  return differences.reduce((worst, next) => (next.maxAbsError > worst.maxAbsError ? next : worst))
}

/** Largest absolute difference; infinite if the lengths differ or a value is NaN. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let most = 0
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!)
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY
    if (difference > most) most = difference
  }
  return most
}

function checkPorts({ inputs, outputs }: OpenModel, { role, ports }: NetworkGraph): void {
  const shown = (name: string, type: string, dims: ModelPort['dims'] | Port['dims']) =>
    `${name} ${type} [${dims.join(', ')}]`
  const list = (found: readonly ModelPort[]) => found.map(({ name, type, dims }) => shown(name, type, dims)).join('; ')
  const listPorts = (found: readonly Port[]) =>
    found.map(({ name, dtype, dims }) => shown(name, dtype, dims)).join('; ')
  for (const [has, needs] of [
    [list(inputs), listPorts(ports.inputs)],
    [list(outputs), listPorts(ports.outputs)],
  ]) {
    if (has === needs) continue
    throw new MixflowError('MODEL_INVALID', `the exported ${role} has the ports ${has}; expected ${needs}`, {
      hint: 'report a bug of the exporter, with the kind of network',
      details: { role },
    })
  }
}
