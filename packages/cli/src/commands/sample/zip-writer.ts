/**
 * A ZIP archive that grows entry by entry and can be resumed after a kill: the existing bytes are compared with the hashes in a ledger
 * beside it. No library resumes an archive. Entries are stored, because PNG is compressed and pixels of samples hardly compress.
 *
 * Source: PKWARE's APPNOTE, sections 4.3.7 to 4.3.16, without ZIP64: at most 65,535 entries and 4 GiB.
 */

import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { MixflowError } from '@mixflow/core'
import { crc32 } from '@mixflow/files'
import { Ledger, type Piece } from './ledger.ts'

interface Entry {
  readonly name: string
  readonly offset: number
  readonly size: number
  crc: number
}

const mostBytes = 2 ** 32 - 1
const mostEntries = 2 ** 16 - 1
const headBytes = 30

/** 1980-01-01 for all entries, so that the same images give the same file. */
const date = 0x21

export class ZipWriter implements AsyncDisposable {
  readonly #file: FileHandle
  readonly #ledger: Ledger
  readonly #entries: Entry[] = []
  #end = 0

  private constructor(file: FileHandle, ledger: Ledger) {
    this.#file = file
    this.#ledger = ledger
  }

  /** Creates an archive, or with `resume` opens one that was not finished. */
  static async open(
    path: string,
    { ledger, resume }: { readonly ledger: string; readonly resume: boolean },
  ): Promise<ZipWriter> {
    const file = await open(path, resume ? 'r+' : 'w+').catch(error => {
      if (resume && error.code === 'ENOENT') return open(path, 'w+')
      throw error
    })
    return new ZipWriter(file, await Ledger.open(ledger, { resume }))
  }

  /** @throws MixflowError ARGUMENT_INVALID where it exceeds the limits of a ZIP archive */
  static check({ entries, bytes }: { readonly entries: number; readonly bytes: number }): void {
    if (entries <= mostEntries && bytes <= mostBytes) return
    const message = `${entries} entries with ${bytes} bytes in total exceed the limits of a ZIP archive`
    const hint = `at most ${mostEntries} entries and 4 GiB; write a folder instead, or fewer images`
    throw new MixflowError('ARGUMENT_INVALID', message, { hint, details: { entries, bytes } })
  }

  /** Keeps the next entry of an earlier call; false if it is not intact. */
  async keep(name: string): Promise<boolean> {
    const headLength = headBytes + Buffer.byteLength(name)
    const bytes = await this.#written(this.#end)
    if (bytes === null || bytes.length < headLength) return false
    const [size, content] = [bytes.length - headLength, bytes.subarray(headLength)]
    const entry = { name, offset: this.#end, size, crc: crc32(content) }
    if (!localHead(entry).equals(bytes.subarray(0, headLength))) return false
    this.#ledger.take()
    this.#entries.push(entry)
    this.#end += bytes.length
    return true
  }

  async add(name: string, bytes: Uint8Array): Promise<void> {
    this.begin(name, bytes.length)
    await this.append(bytes)
    const entry = await this.end()
    await this.#ledger.add(entry.offset, [localHead(entry), bytes])
  }

  /** Starts an entry, followed by `append` and `end`, which writes the header with the checksum. */
  begin(name: string, size: number): void {
    const offset = this.#end
    ZipWriter.check({ entries: this.#entries.length + 1, bytes: offset + size })
    this.#entries.push({ name, offset, size, crc: 0 })
    this.#end += headBytes + Buffer.byteLength(name)
  }

  async append(bytes: Uint8Array): Promise<void> {
    const entry = this.#entries.at(-1) as Entry
    await this.#write(bytes, this.#end)
    entry.crc = crc32(bytes, entry.crc)
    this.#end += bytes.length
  }

  /** Appends bytes that `keepRow` can keep after a kill. */
  async appendRow(bytes: Uint8Array): Promise<void> {
    const start = this.#end
    await this.append(bytes)
    await this.#ledger.add(start, [bytes])
  }

  /** Keeps the next row of the current entry; false if it is not intact. */
  async keepRow(rowBytes: number): Promise<boolean> {
    const entry = this.#entries.at(-1) as Entry
    const row = await this.#written(this.#end)
    if (row?.length !== rowBytes) return false
    this.#ledger.take()
    entry.crc = crc32(row, entry.crc)
    this.#end += rowBytes
    return true
  }

  async end(): Promise<Readonly<Entry>> {
    const entry = this.#entries.at(-1) as Entry
    await this.#write(localHead(entry), entry.offset)
    return entry
  }

  /** Writes the central directory, which completes the archive. */
  async finish(): Promise<void> {
    const start = this.#end
    for (const entry of this.#entries) {
      const head = directoryHead(entry)
      await this.#write(head, this.#end)
      this.#end += head.length
    }
    const last = Buffer.alloc(22)
    last.writeUInt32LE(0x06054b50, 0)
    last.writeUInt16LE(this.#entries.length, 8)
    last.writeUInt16LE(this.#entries.length, 10)
    last.writeUInt32LE(this.#end - start, 12)
    last.writeUInt32LE(start, 16)
    await this.#write(last, this.#end)
    await this.#file.truncate(this.#end + last.length)
    await this.#file.sync()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
    await this.#ledger[Symbol.asyncDispose]()
  }

  /** The bytes of the next piece of the ledger; null if it does not start here or they differ. */
  async #written(start: number): Promise<Buffer | null> {
    const piece: Piece | undefined = this.#ledger.next
    if (piece === undefined || piece.start !== start || piece.end > (await this.#file.stat()).size) return null
    const bytes = await this.#read(start, piece.end - start)
    return bytes !== null && createHash('sha256').update(bytes).digest('hex') === piece.sha256 ? bytes : null
  }

  async #read(at: number, length: number): Promise<Buffer | null> {
    const buffer = Buffer.alloc(length)
    const { bytesRead } = await this.#file.read(buffer, 0, length, at)
    return bytesRead === length ? buffer : null
  }

  async #write(bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += (await this.#file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
    }
  }
}

function localHead({ name, size, crc }: Entry): Buffer {
  const text = Buffer.from(name)
  const head = Buffer.alloc(headBytes)
  head.writeUInt32LE(0x04034b50, 0)
  common(head, 4, { size, crc, nameBytes: text.length })
  return Buffer.concat([head, text])
}

function directoryHead({ name, offset, size, crc }: Entry): Buffer {
  const text = Buffer.from(name)
  const head = Buffer.alloc(46)
  head.writeUInt32LE(0x02014b50, 0)
  head.writeUInt16LE(version, 4)
  common(head, 6, { size, crc, nameBytes: text.length })
  head.writeUInt32LE(offset, 42)
  return Buffer.concat([head, text])
}

/** 2.0 */
const version = 20

/** The fields that both headers have: version, method (stored), date, checksum and sizes. */
function common(
  head: Buffer,
  at: number,
  { size, crc, nameBytes }: { readonly size: number; readonly crc: number; readonly nameBytes: number },
): void {
  head.writeUInt16LE(version, at)
  head.writeUInt16LE(date, at + 8)
  head.writeUInt32LE(crc, at + 10)
  head.writeUInt32LE(size, at + 14)
  head.writeUInt32LE(size, at + 18)
  head.writeUInt16LE(nameBytes, at + 22)
}
