/**
 * The proof of an export: every graph against the trained network. One number per precision, the greatest over all
 * networks and outputs, which the manifest keeps with its limit; above the limit there is no export.
 */

import { type Labels, MixflowError, type Parity } from '@mixflow/core'
import type { NetworkGraph, Role } from '../graph/network-graph.ts'
import { type Dtype, dtypes } from '../graph/onnx-bytes.ts'
import { compare, type Difference } from './compare.ts'
import { imageCount, probes } from './probes.ts'
import { type ReferenceOptions, referenceOutputs } from './reference.ts'

/** Greatest allowed absolute difference in any output, by precision of the weights. */
export type ParityLimits = Readonly<Record<Dtype, number>>

/** Ten times and more of what rounding makes: of sums in float32, of the weights themselves (to 11 bits) in float16. */
export const defaultLimits: ParityLimits = { float32: 1e-4, float16: 2e-2 }

export interface ExportedGraph {
  readonly graph: NetworkGraph
  readonly bytes: Readonly<Record<Dtype, Uint8Array>>
}

export interface ParityOptions {
  readonly labels: Labels | null
  readonly limits: ParityLimits
  readonly signal?: AbortSignal | undefined
  /** Part that is done, 0..1. */
  readonly onProgress: (fraction: number) => void
}

interface Measured extends Difference {
  readonly role: Role
  readonly dtype: Dtype
}

/** @throws MixflowError EXPORT_PARITY naming the network, the difference and the limit; ABORTED. */
export async function checkParity(
  exported: readonly ExportedGraph[],
  { labels, limits, signal, onProgress }: ParityOptions,
): Promise<Record<Dtype, Parity>> {
  const measured: Measured[] = []
  let done = 0
  const total = exported.length * (imageCount + dtypes.length)
  const advance: ReferenceOptions['onImage'] = () => onProgress(++done / total)
  for (const { graph, bytes } of exported) {
    const given = probes(graph.ports.inputs, labels)
    const expected = await referenceOutputs(graph, given, { signal, onImage: advance })
    for (const dtype of dtypes) {
      measured.push({ ...(await compare(bytes[dtype], { graph, given, expected, signal })), role: graph.role, dtype })
      advance()
    }
  }
  return { float32: within(measured, 'float32', limits), float16: within(measured, 'float16', limits) }
}

function within(measured: readonly Measured[], dtype: Dtype, limits: ParityLimits): Parity {
  const limit = limits[dtype]
  const own = measured.filter(found => found.dtype === dtype)
  const worst = own.reduce((a, b) => (b.maxAbsError > a.maxAbsError ? b : a))
  if (worst.maxAbsError <= limit) return { maxAbsError: worst.maxAbsError, limit }
  const { role, output, maxAbsError, batchSize } = worst
  const message = `the ${dtype} ${role} differs from the trained network by ${maxAbsError} in "${output}"; the limit is ${limit}`
  throw new MixflowError('EXPORT_PARITY', message, {
    hint:
      dtype === 'float16'
        ? 'nothing was written. Weights of this size do not fit float16 well: allow more with parityLimit: { float16: … }'
        : 'nothing was written. If the outputs are large by nature, allow more with parityLimit: { float32: … }; else report it',
    details: { dtype, role, output, batchSize, maxAbsError, limit },
  })
}
