/**
 * Renames the tensors of the paper's release. Its Lightning module prefixes the networks with `denoiser.`, `ema.module.` (the
 * moving average of the denoiser) and `noise_predictor.network.` (the κ-encoder); mixflow uses `denoiser.` and `encoder.`.
 */

import type { ForeignTensor } from './foreign-tensor.ts'
import { refusal } from './refuse.ts'

/** Tensors by mixflow's names, `denoiser.…` and `encoder.…`; null if the file has none. */
export interface NamedForeign {
  readonly weights: ReadonlyMap<string, ForeignTensor> | null
  readonly ema: ReadonlyMap<string, ForeignTensor> | null
  /** Constants of the reference's resampling layers, by their original names. */
  readonly filters: ReadonlyMap<string, ForeignTensor>
}

const prefixes = [
  { foreign: 'ema.module.', ours: 'denoiser.', role: 'ema' },
  { foreign: 'denoiser.', ours: 'denoiser.', role: 'weights' },
  { foreign: 'noise_predictor.network.', ours: 'encoder.', role: 'encoder' },
  { foreign: 'encoder.', ours: 'encoder.', role: 'encoder' },
] as const

/** Ignored: the number of steps of the moving average. */
const counters = new Set(['ema.n_averaged'])
/** Name parts added by torch.compile, FSDP, activation checkpointing and Fabric. */
const wrappers = new Set(['_orig_mod', '_fsdp_wrapped_module', '_checkpoint_wrapped_module', '_forward_module'])

/**
 * Removes the parts of a name that wrappers added. `module` is added by (Distributed)DataParallel, except after `ema`, where it
 * belongs to the moving average.
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
  for (const [original, tensor] of tensors) {
    const name = unwrapped(original)
    const other = seen.get(name)
    if (other !== undefined) {
      throw refusal(`has two tensors for ${name}: ${JSON.stringify([other, original])}`, {
        file,
        reason: 'tensor-duplicate',
        hint: 'save the state_dict with one of the two, and import that',
      })
    }
    seen.set(name, original)
    const prefix = prefixes.find(({ foreign }) => name.startsWith(foreign) && name.length > foreign.length)
    if (counters.has(name)) continue
    if (prefix === undefined) unknown.push(original)
    else if (filter.test(name)) filters.set(original, tensor)
    else found[prefix.role].set(prefix.ours + name.slice(prefix.foreign.length), tensor)
  }
  if (unknown.length > 0) {
    const shown = unknown
      .slice(0, 3)
      .map(name => JSON.stringify(name.slice(0, 80)))
      .join(', ')
    throw refusal(`has ${unknown.length} tensors of unknown networks: ${shown}`, {
      file,
      reason: 'tensor-unknown',
      details: { tensors: unknown.slice(0, 20) },
      hint: `names must begin with ${prefixes.map(({ foreign }) => foreign).join(', ')}`,
    })
  }
  const withEncoder = (denoiser: ReadonlyMap<string, ForeignTensor>) =>
    denoiser.size === 0 ? null : new Map([...denoiser, ...found.encoder])
  const result = { weights: withEncoder(found.weights), ema: withEncoder(found.ema), filters }
  if (result.weights !== null || result.ema !== null) return result
  throw refusal('has no tensors of a denoiser', {
    file,
    reason: 'no-tensors',
    hint: `their names must begin with ${prefixes[0].foreign} or ${prefixes[1].foreign}`,
  })
}
