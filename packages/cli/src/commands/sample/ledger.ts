/**
 * The pieces of an output that were written: one line each with start, end and SHA-256, in a file beside the output. `--resume` keeps
 * the pieces whose bytes still have these hashes, up to the first that differs.
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
  /** The pieces that an earlier call wrote. */
  readonly found: readonly Piece[]
  #taken = 0
  #length = 0

  private constructor(file: FileHandle, found: readonly Piece[]) {
    this.#file = file
    this.found = found
  }

  /** Creates a ledger, or with `resume` opens an existing one. @throws the system's error */
  static async open(path: string, { resume }: { readonly resume: boolean }): Promise<Ledger> {
    const created = await open(path, resume ? 'a+' : 'w+')
    await created.close()
    const file = await open(path, 'r+')
    return new Ledger(file, resume ? pieces(await file.readFile('utf8')) : [])
  }

  /** The next piece of an earlier call; undefined after the last. */
  get next(): Piece | undefined {
    return this.found[this.#taken]
  }

  /** Keeps the next piece. */
  take(): void {
    const piece = this.next
    if (piece === undefined) throw new RangeError('no piece is left')
    this.#taken++
    this.#length += line(piece).length
  }

  /** Records a written piece; pieces of an earlier call that were not taken are dropped. */
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

/** The valid lines up to the first invalid one. */
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
