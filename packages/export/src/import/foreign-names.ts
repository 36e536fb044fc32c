/**
 * What the tensors of the paper's release are called, in our words. Its Lightning module keeps the networks under
 * `denoiser.`, `ema.module.` (the moving average of the denoiser) and `noise_predictor.network.` (the κ-encoder); a
 * checkpoint of ours says `denoiser.` and `encoder.`.
 */

import type { ForeignTensor } from './foreign-checkpoint.ts'
import { refusal } from './refuse.ts'

/** By our names, `denoiser.…` and `encoder.…`; null where the file has none. */
export interface NamedForeign {
  readonly weights: ReadonlyMap<string, ForeignTensor> | null
  readonly ema: ReadonlyMap<string, ForeignTensor> | null
  /** Constants of the reference's resampling layers, by their foreign names. */
  readonly filters: ReadonlyMap<string, ForeignTensor>
}

const prefixes = [
  { foreign: 'ema.module.', own: 'denoiser.', role: 'ema' },
  { foreign: 'denoiser.', own: 'denoiser.', role: 'weights' },
  { foreign: 'noise_predictor.network.', own: 'encoder.', role: 'encoder' },
  { foreign: 'encoder.', own: 'encoder.', role: 'encoder' },
] as const

/** What a checkpoint may have besides: how many steps the average has seen. */
const counters = new Set(['ema.n_averaged'])
const filter = /\.resample_filter$/

/** @throws MixflowError CHECKPOINT_INVALID, `tensor-unknown` or `no-tensors` */
export function namedForeign(tensors: ReadonlyMap<string, ForeignTensor>, file: string): NamedForeign {
  const found = {
    weights: new Map<string, ForeignTensor>(),
    ema: new Map<string, ForeignTensor>(),
    encoder: new Map<string, ForeignTensor>(),
  }
  const filters = new Map<string, ForeignTensor>()
  const unknown: string[] = []
  for (const [name, tensor] of tensors) {
    const prefix = prefixes.find(({ foreign }) => name.startsWith(foreign) && name.length > foreign.length)
    if (counters.has(name)) continue
    if (prefix === undefined) unknown.push(name)
    else if (filter.test(name)) filters.set(name, tensor)
    else found[prefix.role].set(prefix.own + name.slice(prefix.foreign.length), tensor)
  }
  if (unknown.length > 0) {
    const shown = unknown
      .slice(0, 3)
      .map(name => JSON.stringify(name.slice(0, 80)))
      .join(', ')
    throw refusal(`has ${unknown.length} tensors of no known network: ${shown}`, {
      ...{ file, reason: 'tensor-unknown', details: { tensors: unknown.slice(0, 20) } },
      hint: `names begin with ${prefixes.map(({ foreign }) => foreign).join(', ')}`,
    })
  }
  const withEncoder = (denoiser: ReadonlyMap<string, ForeignTensor>) =>
    denoiser.size === 0 ? null : new Map([...denoiser, ...found.encoder])
  const result = { weights: withEncoder(found.weights), ema: withEncoder(found.ema), filters }
  if (result.weights !== null || result.ema !== null) return result
  throw refusal('has no tensors of a denoiser', {
    ...{ file, reason: 'no-tensors', hint: `they are called ${prefixes[0].foreign}… and ${prefixes[1].foreign}…` },
  })
}
