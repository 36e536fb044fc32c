/**
 * JSON text in, values out, for files that strangers wrote. The grammar is RFC 8259's and nothing else; on top of it,
 * what `JSON.parse` lets through is refused: a key twice in one object (it keeps the last silently), text that is not
 * UTF-8, halves of surrogate pairs, numbers beyond float64's range, and nesting deeper than a limit (it would overflow
 * the stack).
 *
 * One pass, linear in the length. `__proto__` and its like become ordinary own keys. One byte order mark at the beginning,
 * which editors on Windows write, is skipped. What it leaves out: big integers keep only float64's precision, so callers
 * check `Number.isSafeInteger` where it matters.
 */
import { MixflowError, type MixflowErrorCode } from '../errors.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue
}

export interface StrictJsonOptions {
  /** The file's name in messages. */
  readonly what: string
  readonly code: MixflowErrorCode
  /** What to do about a file that is not JSON. Default: write or download it again. */
  readonly hint?: string
  /** Maximum nesting of arrays and objects. Default: 64. */
  readonly maxDepth?: number
  /** Maximum size in bytes (for a string: in UTF-16 code units). Default: 16 MiB. */
  readonly maxBytes?: number
  /** True where a file can only hold counts: fractions, exponents and minus signs are refused. */
  readonly onlyCounts?: boolean
}

/** Machine words in `details.reason` of what `parseStrictJson` throws. */
export type StrictJsonReason =
  | 'too-large'
  | 'not-utf8'
  | 'json-syntax'
  | 'json-duplicate-key'
  | 'json-depth'
  | 'json-number'
  | 'json-surrogate'

/**
 * The one JSON value that fills the whole text.
 *
 * @throws MixflowError with `options.code`; details: `reason` (StrictJsonReason) and `position` where there is one.
 */
export function parseStrictJson(source: string | Uint8Array, options: StrictJsonOptions): JsonValue {
  const maxBytes = options.maxBytes ?? 16 * 2 ** 20
  if (source.length > maxBytes) {
    throw new MixflowError(options.code, `${options.what} has ${source.length} bytes; at most ${maxBytes} are read`, {
      hint: options.hint ?? 'look at what is in the file: it is probably not the one that was meant',
      details: { reason: 'too-large' satisfies StrictJsonReason, bytes: source.length, maxBytes },
    })
  }
  const text = typeof source === 'string' ? source : decodeUtf8(source, options)
  return new Scanner(text.startsWith('\ufeff') ? text.slice(1) : text, options).document()
}

function decodeUtf8(bytes: Uint8Array, options: StrictJsonOptions): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new MixflowError(options.code, `${options.what} is not UTF-8 text`, {
      hint: options.hint ?? 'the file is damaged, or is not JSON: write or download it again',
      details: { reason: 'not-utf8' satisfies StrictJsonReason },
      cause,
    })
  }
}

const whitespace = /[ \t\n\r]*/y
const numberText = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const countText = /(?:0|[1-9][0-9]*)(?![.eE0-9])/y
const loneSurrogate = /\p{Surrogate}/u
const words = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const

class Scanner {
  private at = 0
  private depth = 0
  private readonly text: string
  private readonly options: StrictJsonOptions

  constructor(text: string, options: StrictJsonOptions) {
    this.text = text
    this.options = options
  }

  document(): JsonValue {
    const value = this.value()
    this.skip()
    if (this.at < this.text.length) throw this.expected('the end of the text')
    return value
  }

  private value(): JsonValue {
    this.skip()
    const char = this.text[this.at]
    if (char === '{') return this.nested(() => this.object())
    if (char === '[') return this.nested(() => this.array())
    if (char === '"') return this.string()
    for (const [word, value] of words) {
      if (!this.text.startsWith(word, this.at)) continue
      this.at += word.length
      return value
    }
    return this.number()
  }

  private nested<T>(read: () => T): T {
    const maxDepth = this.options.maxDepth ?? 64
    if (++this.depth > maxDepth) throw this.fail('json-depth', `is nested deeper than ${maxDepth} levels`)
    const value = read()
    this.depth--
    return value
  }

  private object(): JsonObject {
    const object: Record<string, JsonValue> = {}
    this.take('{')
    if (this.taken('}')) return object
    do {
      this.skip()
      const position = this.at
      const key = this.string()
      if (Object.hasOwn(object, key)) {
        throw this.fail('json-duplicate-key', `has the key ${JSON.stringify(key.slice(0, 80))} twice`, position)
      }
      this.take(':')
      const value = this.value()
      if (key === '__proto__') {
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
      } else object[key] = value
    } while (this.taken(','))
    this.take('}')
    return object
  }

  private array(): JsonValue[] {
    const items: JsonValue[] = []
    this.take('[')
    if (this.taken(']')) return items
    do items.push(this.value())
    while (this.taken(','))
    this.take(']')
    return items
  }

  private string(): string {
    const start = this.at
    if (this.text[start] !== '"') throw this.expected('a string')
    let escaped = false
    for (this.at++; ; this.at++) {
      const char = this.text[this.at]
      if (char === '"') break
      if (char === undefined || char < ' ') throw this.expected('the end of a string')
      if (char === '\\') {
        escaped = true
        this.at++
      }
    }
    this.at++
    const value = escaped ? this.unescape(start) : this.text.slice(start + 1, this.at - 1)
    if (loneSurrogate.test(value)) throw this.fail('json-surrogate', 'has half a surrogate pair in a string', start)
    return value
  }

  private unescape(start: number): string {
    try {
      return JSON.parse(this.text.slice(start, this.at)) as string
    } catch {
      throw this.fail('json-syntax', 'has a bad escape in a string', start)
    }
  }

  private number(): number {
    const pattern = this.options.onlyCounts === true ? countText : numberText
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0]
    if (found === undefined) {
      if (this.options.onlyCounts !== true || !/[-0-9]/.test(this.text[this.at] ?? '')) throw this.expected('a value')
      throw this.fail('json-number', 'has a number that is no count (0, 1, 2, …)')
    }
    const value = Number(found)
    if (!Number.isFinite(value)) throw this.fail('json-number', `has the number ${found.slice(0, 40)}, beyond float64`)
    this.at += found.length
    return value
  }

  private skip(): void {
    whitespace.lastIndex = this.at
    whitespace.test(this.text)
    this.at = whitespace.lastIndex
  }

  private taken(char: string): boolean {
    this.skip()
    if (this.text[this.at] !== char) return false
    this.at++
    return true
  }

  private take(char: string): void {
    if (!this.taken(char)) throw this.expected(`"${char}"`)
  }

  private expected(what: string): MixflowError {
    const found = this.text[this.at]
    return this.fail('json-syntax', `has ${found === undefined ? 'its end' : JSON.stringify(found)} instead of ${what}`)
  }

  private fail(reason: StrictJsonReason, message: string, position = this.at): MixflowError {
    const before = this.text.slice(0, position)
    const line = before.split('\n').length
    const column = position - before.lastIndexOf('\n')
    const location = `line ${line}, column ${column}`
    return new MixflowError(this.options.code, `${this.options.what} ${message} (${location})`, {
      hint: this.options.hint ?? 'correct the file there, or write or download it again',
      details: { reason, position, line, column },
    })
  }
}
