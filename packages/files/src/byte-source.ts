/** Random access to the bytes of a file, without reading it whole. */
import { openRegularFile } from './regular-file.ts'

export interface ByteSource {
  /** File name or path, for messages. */
  readonly name: string
  /** Length in bytes. */
  readonly size: number
  /** Reads exactly `length` bytes from `offset` on. Rejects where the source ends earlier. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** Opens a file for reading in place. @throws MixflowError FILE_INVALID unless it is a regular file; system errors pass */
export async function openByteSource(path: string): Promise<ByteSource & AsyncDisposable> {
  const file = await openRegularFile(path)
  const { size } = await file.stat()
  return {
    name: path,
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      for (let done = 0; done < length; ) {
        const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
        if (bytesRead === 0)
          throw new Error(`${path} ends at byte ${offset + done}; ${length - done} bytes are missing`)
        done += bytesRead
      }
      return bytes
    },
    [Symbol.asyncDispose]: () => file.close(),
  }
}

/** A source over bytes in memory. */
export const bytesSource = (name: string, bytes: Uint8Array): ByteSource => ({
  name,
  size: bytes.length,
  read: async (offset, length) => bytes.subarray(offset, offset + length),
})
