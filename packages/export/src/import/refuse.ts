/** Errors of files that cannot be imported, with the file's name and a stable reason. */

import { MixflowError } from '@mixflow/core'

/**
 * Stable values of `details.reason`. `not-a-checkpoint`: a file of another kind. `not-an-archive`, `zip-*`: the archive. `pickle-*`: the
 * pickle in it. `storage-*`, `tensor-*`: its tensors. `no-tensors`: it has none.
 */
export type RefusalReason =
  | 'file'
  | 'not-a-checkpoint'
  | 'not-an-archive'
  | `zip-${'truncated' | 'directory' | 'entries' | 'overlap' | 'duplicate' | 'name' | 'encrypted' | 'compressed' | 'size' | 'local' | 'crc' | 'multi-disk'}`
  | `pickle-${'missing' | 'size' | 'truncated' | 'opcode' | 'stack' | 'memo' | 'text' | 'number' | 'key' | 'duplicate' | 'arguments' | 'objects' | 'trailing' | 'protocol'}`
  | `storage-${'missing' | 'size' | 'type' | 'byte-order'}`
  | `tensor-${'shape' | 'outside' | 'expanded' | 'scattered' | 'duplicate' | 'missing' | 'unknown' | 'dtype' | 'value'}`
  | 'no-tensors'

export interface Refusal {
  readonly file: string
  readonly reason: RefusalReason
  readonly hint?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/** Reasons that mean missing or changed bytes; the others can occur in valid files. */
const damage =
  /^(zip-(truncated|directory|overlap|duplicate|name|size|local|crc)|pickle-(truncated|stack|memo|text|trailing)|storage-(missing|size)|tensor-outside)$/

/** Returns the error CHECKPOINT_INVALID. @param message continues the file's name */
export function refusal(message: string, { file, reason, hint, details, cause }: Refusal): MixflowError {
  return new MixflowError('CHECKPOINT_INVALID', `${file} ${message}`, {
    hint:
      hint ??
      (damage.test(reason)
        ? 'download or copy the file again: it is damaged or incomplete'
        : 'if you trust its origin, load it in Python and save its state_dict with safetensors.torch.save_file'),
    details: { reason, file, ...details },
    cause,
  })
}
