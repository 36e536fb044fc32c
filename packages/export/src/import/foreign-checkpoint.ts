/** A checkpoint from elsewhere, whatever its format: tensors by name, each read when it is wanted, and a few numbers. */

import type { StoredTensor, TensorDtype } from '@mixflow/core'
import { safetensorsHeaderBytes, safetensorsLayout } from '@mixflow/core'
import type { ByteSource } from './byte-source.ts'
import { refuseOtherFile } from './other-files.ts'
import { openTorch } from './torch-archive.ts'
import { isLegacyTorch, openLegacyTorch } from './torch-legacy.ts'

/** Kinds of tensors that have no dtype in safetensors; their numbers are not read. */
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

/** The tensor with its bytes. @throws as `read` */
export async function readForeign({ dtype, shape, read }: ForeignTensor): Promise<StoredTensor> {
  // reading refuses every kind that has no dtype
  return { shape, bytes: await read(), dtype: dtype as TensorDtype }
}

export interface ForeignCheckpoint {
  readonly tensors: ReadonlyMap<string, ForeignTensor>
  /** As `epoch` and `global_step`, where the format has them. */
  readonly numbers: ReadonlyMap<string, number>
}

/**
 * Recognised by its content; where that does not tell, by its name.
 *
 * @throws as `openTorch`; SAFETENSORS_INVALID; CHECKPOINT_INVALID, `not-a-checkpoint`, for a file of another known kind
 */
export async function openForeign(
  source: ByteSource,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ForeignCheckpoint> {
  const start = await source.read(0, Math.min(512, source.size))
  if (start[8] === 0x7b) return openSafetensors(source)
  if (isLegacyTorch(start)) return openLegacyTorch(source)
  refuseOtherFile(start, source)
  return source.name.endsWith('.safetensors') && start[0] !== 0x50
    ? openSafetensors(source)
    : openTorch(source, options)
}

async function openSafetensors(source: ByteSource): Promise<ForeignCheckpoint> {
  const { name, size } = source
  const headerBytes = safetensorsHeaderBytes(await source.read(0, Math.min(8, size)), { name })
  const start = await source.read(0, Math.min(headerBytes, size))
  const { tensors } = safetensorsLayout(start, size, { name })
  return {
    numbers: new Map(),
    tensors: new Map(
      [...tensors].map(([key, { dtype, shape, offset, length }]) => [
        key,
        { dtype, shape, read: () => source.read(offset, length) },
      ]),
    ),
  }
}
