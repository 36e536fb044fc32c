/** Reads numbers, strings and byte arrays from a pickle, with every length checked. */

import { type RefusalReason, refusal } from './refuse.ts'

export class PickleReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #file: string
  #at = 0

  /** @param file named in messages */
  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#file = file
  }

  /** Number of bytes read so far. */
  get at(): number {
    return this.#at
  }

  #take(length: number): number {
    const start = this.#at
    if (length > this.#bytes.length - start) throw this.refusal('pickle-truncated', 'is cut short')
    this.#at = start + length
    return start
  }

  /** An unsigned little-endian number of `size` bytes. */
  uint(size: 1 | 2 | 4 | 8): number {
    const at = this.#take(size)
    if (size === 1) return this.#view.getUint8(at)
    if (size === 2) return this.#view.getUint16(at, true)
    if (size === 4) return this.#view.getUint32(at, true)
    return this.#safe(this.#view.getBigUint64(at, true))
  }

  int32 = (): number => this.#view.getInt32(this.#take(4), true)
  /** Big-endian, unlike all other numbers. */
  float64 = (): number => this.#view.getFloat64(this.#take(8), false)

  /** A two's complement integer; null if float64 cannot represent it exactly. */
  long(length: number): number | null {
    const at = this.#take(length)
    if (length > 8) return null
    let value = 0n
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[at + i] as number)
    const number = length === 0 ? 0 : Number(BigInt.asIntN(8 * length, value))
    return Number.isSafeInteger(number) ? number : null
  }

  #safe(value: bigint): number {
    const number = Number(value)
    if (Number.isSafeInteger(number)) return number
    throw this.refusal('pickle-number', `has the number ${value}, which exceeds 2^53`)
  }

  data(length: number): Uint8Array {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  text(length: number): string {
    const bytes = this.data(length)
    try {
      return utf8.decode(bytes)
    } catch {
      throw this.refusal('pickle-text', 'has a string that is not UTF-8')
    }
  }

  /** A string of Python 2, which is text if it is valid UTF-8. */
  bytesOrText(length: number): string | Uint8Array {
    const bytes = this.data(length)
    try {
      return utf8.decode(bytes)
    } catch {
      return bytes
    }
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at)
    const text = this.text((end < 0 ? this.#bytes.length : end) - this.#at)
    this.#take(1)
    return text
  }

  skip(length: number): void {
    this.#take(length)
  }

  /** CHECKPOINT_INVALID; `message` continues "has a pickle that". */
  refusal(reason: RefusalReason, message: string) {
    const details = { offset: this.#at }
    return refusal(`has a pickle that ${message} (at its byte ${this.#at})`, { file: this.#file, reason, details })
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
