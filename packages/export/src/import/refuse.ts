/** How a foreign checkpoint is refused: always by name of the file, with a stable word for the reason. */

import { MixflowError } from '@mixflow/core'

/**
 * Machine words in `details.reason`. Of the archive: `not-an-archive`, `zip-*`. Of the pickle in it: `pickle-*`. Of its
 * tensors: `storage-*`, `tensor-*`. Of what it holds: `no-tensors`.
 */
export type RefusalReason =
  | 'file'
  | 'not-an-archive'
  | `zip-${'truncated' | 'directory' | 'entry' | 'entries' | 'overlap' | 'duplicate' | 'name' | 'encrypted' | 'compressed' | 'size' | 'local' | 'crc' | 'multi-disk'}`
  | `pickle-${'missing' | 'size' | 'truncated' | 'opcode' | 'stack' | 'memo' | 'text' | 'number' | 'key' | 'duplicate' | 'arguments' | 'objects' | 'trailing' | 'protocol'}`
  | `storage-${'missing' | 'size' | 'type' | 'byte-order'}`
  | `tensor-${'shape' | 'outside' | 'expanded' | 'missing' | 'unknown' | 'dtype' | 'value'}`
  | 'no-tensors'

export interface Refusal {
  readonly file: string
  readonly reason: RefusalReason
  readonly hint?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

/** CHECKPOINT_INVALID; `message` continues the file's name. */
export function refusal(message: string, { file, reason, hint, details, cause }: Refusal): MixflowError {
  return new MixflowError('CHECKPOINT_INVALID', `${file} ${message}`, {
    hint: hint ?? 'the file is damaged, or no checkpoint that can be imported: fetch or copy it again',
    details: { reason, file, ...details },
    cause,
  })
}
