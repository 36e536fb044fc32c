/** Random access to the bytes of a file. A test gives the bytes from elsewhere, such as a file with a hole of 4 GiB. */
import { openRegularFile } from '@mixflow/files'

export interface ByteSource {
  /** Bytes in all. */
  readonly size: number
  /** Exactly `length` bytes from `offset` on. Rejects where the source ends earlier. */
  read(offset: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}

/** Opens a file for reading in place. System errors pass. */
export async function openFile(path: string): Promise<ByteSource> {
  const file = await openRegularFile(path)
  const { size } = await file.stat()
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length; ) {
        const { bytesRead } = await file.read(bytes, at, length - at, offset + at)
        if (bytesRead === 0) throw new Error(`the file ends at byte ${offset + at}, ${length - at} bytes are missing`)
        at += bytesRead
      }
      return bytes
    },
    close: () => file.close(),
  }
}
