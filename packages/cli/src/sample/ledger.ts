/**
 * What has been written, piece by piece: a line with the start, end and sha256 of each, in a file beside the output (an archive that
 * grows, or images one after the other). `--resume` keeps the pieces whose bytes still have these hashes, up to the first that differs.
 */

import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

export interface Piece {
  readonly start: number
  readonly end: number
  readonly sha256: string
}

export class Ledger implements AsyncDisposable {
  readonly #file: FileHandle
  /** What an earlier call had written. */
  readonly found: readonly Piece[]
  #taken = 0
  #length = 0

  private constructor(file: FileHandle, found: readonly Piece[]) {
    this.#file = file
    this.found = found
  }

  /** A new one, or, with `resume`, the one that is there. System errors pass. */
  static async open(path: string, { resume }: { readonly resume: boolean }): Promise<Ledger> {
    const file = await open(path, resume ? 'a+' : 'w+')
    await file.close()
    const handle = await open(path, 'r+')
    return new Ledger(handle, resume ? pieces(await handle.readFile('utf8')) : [])
  }

  /** The next piece that was written before; undefined after the last. */
  get next(): Piece | undefined {
    return this.found[this.#taken]
  }

  /** The next piece is taken over. */
  take(): void {
    const piece = this.next
    if (piece === undefined) throw new RangeError('there is no other piece')
    this.#taken++
    this.#length += line(piece).length
  }

  /** A piece has been written; those found and not taken are forgotten. */
  async add(start: number, bytes: readonly Uint8Array[]): Promise<void> {
    const hash = createHash('sha256')
    let end = start
    for (const each of bytes) {
      hash.update(each)
      end += each.length
    }
    const text = line({ start, end, sha256: hash.digest('hex') })
    if (this.#length === 0 || this.#taken < this.found.length) await this.#file.truncate(this.#length)
    this.#taken = this.found.length
    await this.#file.write(text, this.#length, 'latin1')
    this.#length += text.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

const line = ({ start, end, sha256 }: Piece): string => `${start} ${end} ${sha256}\n`

/** The whole lines up to the first that is none. */
function pieces(text: string): Piece[] {
  const found: Piece[] = []
  for (const each of text.split(/(?<=\n)/)) {
    const [, start, end, sha256] = /^(\d{1,15}) (\d{1,15}) ([0-9a-f]{64})\n$/.exec(each) ?? []
    const piece = { start: Number(start), end: Number(end), sha256: sha256 ?? '' }
    if (sha256 === undefined || piece.end <= piece.start || line(piece) !== each) break
    found.push(piece)
  }
  return found
}
