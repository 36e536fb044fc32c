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
/** What wrappers add to names: torch.compile, FSDP, activation checkpoints, Fabric. */
const wrappers = new Set(['_orig_mod', '_fsdp_wrapped_module', '_checkpoint_wrapped_module', '_forward_module'])

/**
 * A name without what `torch.compile` and the wrappers of parallel training added anywhere in it. `module` is added by
 * (Distributed)DataParallel, but for the one after `ema`, which is the average's own.
 */
function unwrapped(name: string): string {
  const parts = name.split('.').filter(part => !wrappers.has(part))
  const first = parts.findIndex(part => part !== 'module')
  const isAverage = parts[first] === 'ema' && parts[first + 1] === 'module'
  return parts.filter((part, i) => part !== 'module' || (isAverage && i === first + 1)).join('.')
}

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
  const seen = new Map<string, string>()
  for (const [given, tensor] of tensors) {
    const name = unwrapped(given)
    const other = seen.get(name)
    if (other !== undefined) {
      throw refusal(`has two tensors that are ${name}: ${JSON.stringify([other, given])}`, {
        ...{ file, reason: 'tensor-duplicate', hint: 'save the state_dict of one of the two, and import that' },
      })
    }
    seen.set(name, given)
    const prefix = prefixes.find(({ foreign }) => name.startsWith(foreign) && name.length > foreign.length)
    if (counters.has(name)) continue
    if (prefix === undefined) unknown.push(given)
    else if (filter.test(name)) filters.set(given, tensor)
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
