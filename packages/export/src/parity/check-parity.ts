/**
 * Compares every exported graph with the trained network. The result per precision is the largest difference over all networks
 * and outputs; above the limit, the export fails.
 */

import { type Labels, MixflowError, type Parity } from '@mixflow/core'
import type { NetworkGraph, Role } from '../graph/network-graph.ts'
import { type Dtype, dtypes } from '../graph/onnx-bytes.ts'
import { compare, type Difference } from './compare.ts'
import { imageCount, probes } from './probes.ts'
import { type ReferenceOptions, referenceOutputs } from './reference.ts'

/** Largest allowed absolute difference in any output, by precision of the parameters. */
export type ParityLimits = Readonly<Record<Dtype, number>>

/** At least ten times the effect of rounding: of sums in float32, of the parameters (to 11 bits) in float16. */
export const defaultLimits: ParityLimits = { float32: 1e-4, float16: 2e-2 }

export interface ExportedGraph {
  readonly graph: NetworkGraph
  readonly bytes: Readonly<Record<Dtype, Uint8Array>>
}

export interface ParityOptions {
  readonly labels: Labels | null
  readonly limits: ParityLimits
  readonly signal?: AbortSignal | undefined
  /** Called with the fraction that is done, 0..1. */
  readonly onProgress: (fraction: number) => void
}

interface Measured extends Difference {
  readonly role: Role
  readonly dtype: Dtype
}

/** @throws MixflowError EXPORT_PARITY with the network, the difference and the limit; ABORTED */
export async function checkParity(
  exported: readonly ExportedGraph[],
  { labels, limits, signal, onProgress }: ParityOptions,
): Promise<Record<Dtype, Parity>> {
  const measured: Measured[] = []
  let done = 0
  const total = exported.length * (imageCount + dtypes.length)
  const advance: ReferenceOptions['onImage'] = () => onProgress(++done / total)
  for (const { graph, bytes } of exported) {
    const inputs = probes(graph.ports.inputs, labels)
    const expected = await referenceOutputs(graph, inputs, { signal, onImage: advance })
    for (const dtype of dtypes) {
      measured.push({ ...(await compare(bytes[dtype], { graph, inputs, expected, signal })), role: graph.role, dtype })
      advance()
    }
  }
  return { float32: within(measured, 'float32', limits), float16: within(measured, 'float16', limits) }
}

function within(measured: readonly Measured[], dtype: Dtype, limits: ParityLimits): Parity {
  const limit = limits[dtype]
  const found = measured.filter(each => each.dtype === dtype)
  const worst = found.reduce((a, b) => (b.maxAbsError > a.maxAbsError ? b : a))
  if (worst.maxAbsError <= limit) return { maxAbsError: worst.maxAbsError, limit }
  const { role, output, maxAbsError, batchSize } = worst
  const message = `the ${dtype} ${role} differs from the trained network by ${maxAbsError} in "${output}"; the limit is ${limit}`
  throw new MixflowError('EXPORT_PARITY', message, {
    hint:
      dtype === 'float16'
        ? 'nothing was written. float16 is too coarse for these parameters: raise the limit with parityLimit: { float16: … }'
        : 'nothing was written. If the outputs are large, raise the limit with parityLimit: { float32: … }; otherwise report a bug',
    details: { dtype, role, output, batchSize, maxAbsError, limit },
  })
}
