/** A checkpoint from elsewhere, whatever its format: tensors by name, each read when it is wanted, and a few numbers. */

import type { TensorDtype } from '@mixflow/core'
import { safetensorsHeaderBytes, safetensorsLayout } from '@mixflow/core'
import type { ByteSource } from './byte-source.ts'
import { openTorch } from './torch-archive.ts'

export interface ForeignTensor {
  readonly dtype: TensorDtype
  readonly shape: readonly number[]
  /** C order, little-endian. */
  read(): Promise<Uint8Array>
}

export interface ForeignCheckpoint {
  readonly tensors: ReadonlyMap<string, ForeignTensor>
  /** As `epoch` and `global_step`, where the format has them. */
  readonly numbers: ReadonlyMap<string, number>
}

/** @throws as `openTorch`; SAFETENSORS_INVALID */
export async function openForeign(
  source: ByteSource,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ForeignCheckpoint> {
  return (await isSafetensors(source)) ? openSafetensors(source) : openTorch(source, options)
}

/** By its content where that tells, else by its name. */
async function isSafetensors(source: ByteSource): Promise<boolean> {
  const start = await source.read(0, Math.min(9, source.size))
  return start[8] === 0x7b || (source.name.endsWith('.safetensors') && start[0] !== 0x50)
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
