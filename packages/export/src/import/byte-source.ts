/** A file read in pieces, wherever they lie. */

import { MixflowError } from '@mixflow/core'
import { openRegularFile, readFailure } from '@mixflow/files'
import { refusal } from './refuse.ts'

export interface ByteSource {
  /** For messages. */
  readonly name: string
  readonly size: number
  /** Exactly these bytes, which must lie in the file. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** Opens a regular file, until it is disposed of. @throws MixflowError CHECKPOINT_NOT_FOUND, CHECKPOINT_INVALID */
export async function openFile(path: string): Promise<ByteSource & AsyncDisposable> {
  const handle = await openRegularFile(path).catch(cause => {
    const hint = 'give the path of a .ckpt or .safetensors file'
    if (MixflowError.is(cause))
      throw refusal(`cannot be read: ${readFailure(cause)}`, { file: path, reason: 'file', hint, cause })
    throw new MixflowError('CHECKPOINT_NOT_FOUND', `${path} cannot be read: ${readFailure(cause)}`, {
      hint,
      details: { path },
      cause,
    })
  })
  const { size } = await handle.stat()
  return {
    name: path,
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done)
        if (bytesRead === 0) throw refusal('became shorter while it was read', { file: path, reason: 'file' })
        done += bytesRead
      }
      return bytes
    },
    [Symbol.asyncDispose]: () => handle.close(),
  }
}

/** Bytes in memory. */
export const bytesSource = (name: string, bytes: Uint8Array): ByteSource => ({
  name,
  size: bytes.length,
  read: async (offset, length) => bytes.subarray(offset, offset + length),
})
