/** How a foreign checkpoint is refused: always by name of the file, with a stable word for the reason. */

import { MixflowError } from '@mixflow/core'

/**
 * Machine words in `details.reason`. Of a file of another kind: `not-a-checkpoint`. Of the archive: `not-an-archive`, `zip-*`. Of the pickle in it: `pickle-*`. Of its
 * tensors: `storage-*`, `tensor-*`. Of what it holds: `no-tensors`.
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

/** What shows that bytes are missing or changed; anything else may be in a valid file. */
const damage =
  /^(zip-(truncated|directory|overlap|duplicate|name|size|local|crc)|pickle-(truncated|stack|memo|text|trailing)|storage-(missing|size)|tensor-outside)$/

/** CHECKPOINT_INVALID; `message` continues the file's name. */
export function refusal(message: string, { file, reason, hint, details, cause }: Refusal): MixflowError {
  return new MixflowError('CHECKPOINT_INVALID', `${file} ${message}`, {
    hint:
      hint ??
      (damage.test(reason)
        ? 'download or copy the file again: it is damaged or cut short'
        : 'load it in Python, if you trust where it comes from, and save its state_dict with safetensors.torch.save_file'),
    details: { reason, file, ...details },
    cause,
  })
}
