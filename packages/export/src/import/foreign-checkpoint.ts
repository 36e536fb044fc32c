/** Opens a checkpoint of another program, whatever its format. */

import { MixflowError } from '@mixflow/core'
import { safetensorsHeaderBytes, safetensorsLayout } from '@mixflow/core/internal'
import { type ByteSource, openByteSource, readFailure } from '@mixflow/files'
import type { ForeignCheckpoint } from './foreign-tensor.ts'
import { refuseOtherFile } from './other-files.ts'
import { refusal } from './refuse.ts'
import { openTorch } from './torch-archive.ts'
import { isLegacyTorch, openLegacyTorch } from './torch-legacy.ts'

interface OpenOptions {
  readonly signal?: AbortSignal | undefined
}

/** Opens a `.ckpt` or `.safetensors` file until it is disposed of. @throws as `openForeign`; MixflowError CHECKPOINT_NOT_FOUND */
export async function openForeignFile(
  path: string,
  options: OpenOptions = {},
): Promise<ForeignCheckpoint & AsyncDisposable> {
  const file = await openByteSource(path).catch(cause => {
    const hint = 'give the path of a .ckpt or .safetensors file'
    const problem = `cannot be read: ${readFailure(cause)}`
    if (MixflowError.is(cause)) throw refusal(problem, { file: path, reason: 'file', hint, cause })
    throw new MixflowError('CHECKPOINT_NOT_FOUND', `${path} ${problem}`, { hint, details: { path }, cause })
  })
  const read: ByteSource['read'] = (offset, length) =>
    file.read(offset, length).catch(cause => {
      throw refusal(`cannot be read: ${readFailure(cause)}`, { file: path, reason: 'file', cause })
    })
  try {
    const checkpoint = await openForeign({ name: path, size: file.size, read }, options)
    return { ...checkpoint, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() }
  } catch (error) {
    await file[Symbol.asyncDispose]()
    throw error
  }
}

/**
 * Opens a checkpoint, recognised by its content or, where that does not decide, by its name.
 *
 * @throws as `openTorch`; SAFETENSORS_INVALID; CHECKPOINT_INVALID, `not-a-checkpoint`, for a file of another known kind
 */
export async function openForeign(source: ByteSource, options: OpenOptions = {}): Promise<ForeignCheckpoint> {
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
