/** What is read of a checkpoint of another program: tensors by name, each read on request, and a few numbers. */

import type { StoredTensor, TensorDtype } from '@mixflow/core/internal'

/** Kinds of tensors without a dtype in safetensors; their values cannot be read. */
export type UnreadKind =
  | 'complex32'
  | 'complex128'
  | 'quantised'
  | 'sparse'
  | 'nested'
  | 'without numbers'
  | 'of a device'

export interface ForeignTensor {
  readonly dtype: TensorDtype | UnreadKind
  readonly shape: readonly number[]
  /** C order, little-endian. */
  read(): Promise<Uint8Array>
}

/** Reads a tensor. @throws as its `read` */
export async function readForeign({ dtype, shape, read }: ForeignTensor): Promise<StoredTensor> {
  // read() throws for an UnreadKind
  return { shape, bytes: await read(), dtype: dtype as TensorDtype }
}

export interface ForeignCheckpoint {
  readonly tensors: ReadonlyMap<string, ForeignTensor>
  /** Numbers beside the tensors, such as `epoch` and `global_step`. */
  readonly numbers: ReadonlyMap<string, number>
}
