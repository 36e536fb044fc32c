/**
 * A ZIP archive that grows entry by entry at the end of a file, and can be gone on with after a kill: what is there already
 * is read again and compared with the hashes of what was written, which are kept in a ledger beside it. Entries are stored: pictures are compressed by themselves, and noise-like bytes do not shrink.
 *
 * Source: PKWARE's APPNOTE, sections 4.3.7 to 4.3.16, without ZIP64: 65,535 entries and 4 GiB at the most.
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

/** The date of all entries, 1980-01-01, so that the same pictures are the same file. */
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

  /** A new file, or one that a writer has left before its `finish`. */
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

  /** @throws MixflowError ARGUMENT_INVALID where so much fits no ZIP archive */
  static check({ entries, bytes }: { readonly entries: number; readonly bytes: number }): void {
    if (entries <= mostEntries && bytes <= mostBytes) return
    throw new MixflowError('ARGUMENT_INVALID', `${entries} entries of ${bytes} bytes in all do not fit one archive`, {
      hint: `at most ${mostEntries} entries and 4 GiB: give a folder instead, or ask for fewer`,
      details: { entries, bytes },
    })
  }

  /** Takes over an entry that is there, if it is the next one and holds what was written. */
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

  /** Begins an entry of so many bytes, which `append` brings; its header is written at the end, when its checksum is known. */
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

  /** As `append`, of a row that `keepRow` can take over after a kill. */
  async appendRow(bytes: Uint8Array): Promise<void> {
    const start = this.#end
    await this.append(bytes)
    await this.#ledger.add(start, [bytes])
  }

  /** Takes over the next row of the entry that was begun, if it is there, has so many bytes and is what was written. */
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

  /** Writes the directory; the archive is whole then. */
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

  /** The bytes of the next piece of the ledger, if it begins here and they are what was written. */
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

/** Version to read it with, that it is stored, date, checksum and sizes: the same in both places. */
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
