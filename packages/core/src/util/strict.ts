/**
 * Refuse what is not known: records with misspelt, extra or missing keys, and words outside a list, each answered with
 * the nearest word that would have been right.
 *
 * The distance counts single edits (insert, delete, replace, swap of neighbours), ignoring case, `-` and `_`, so that
 * `batch_size`, `batchsize` and `batchSzie` all find `batchSize`. Candidates more than a third of the word away are no
 * help and are not offered.
 */
import { MixflowError, type MixflowErrorCode } from '../errors.ts'

export interface StrictContext {
  /** What the value is, as a person would say it: `sample request`, `mixflow.json`, `setting "source"`. */
  readonly what: string
  /** Code of the error. Default: `ARGUMENT_INVALID`. */
  readonly code?: MixflowErrorCode
  /** Name of one key in messages, such as `setting` or `field`. Default: `option`. */
  readonly keyName?: string
}

/**
 * The candidate nearest to `word`, or undefined where none is near (more edits than a third of the longer word, at
 * least one). Of equally near ones, the first.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const a = plain(word)
    const b = plain(candidate)
    const allowed = Math.max(1, Math.floor(Math.max(a.length, b.length) / 3))
    if (Math.abs(a.length - b.length) > allowed) continue
    const distance = editDistance(a, b)
    if (distance <= allowed && distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/**
 * Checks that `value` is a record (a plain object, not an array or a class instance) whose every own key is in `known`
 * and which has all of `required`. Values are not looked at; a key with the value `undefined` counts as absent.
 *
 * @throws MixflowError with `context.code`; details: `key` (the offending one), `nearest`, `known`.
 */
export function checkKeys(
  value: unknown,
  known: readonly string[],
  context: StrictContext & { readonly required?: readonly string[] },
): asserts value is Record<string, unknown> {
  const code = context.code ?? 'ARGUMENT_INVALID'
  const keyName = context.keyName ?? 'option'
  if (!isRecord(value)) {
    throw new MixflowError(code, `${context.what} must be an object, got ${show(value)}`, {
      details: { value },
    })
  }
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue
    throw unknownWord(key, known, { code, message: `unknown ${keyName} "${clip(key)}" in ${context.what}`, keyName })
  }
  for (const key of context.required ?? []) {
    if (Object.hasOwn(value, key) && value[key] !== undefined) continue
    throw new MixflowError(code, `${context.what} has no ${keyName} "${key}"`, { details: { key, known } })
  }
}

/**
 * Checks that `word` is one of `known` and returns it with that type.
 *
 * @throws MixflowError with `context.code`, naming the nearest one.
 */
export function checkWord<const W extends string>(word: unknown, known: readonly W[], context: StrictContext): W {
  if (typeof word === 'string' && (known as readonly string[]).includes(word)) return word as W
  const code = context.code ?? 'ARGUMENT_INVALID'
  throw unknownWord(typeof word === 'string' ? word : '', known, {
    code,
    message: `unknown ${context.what} ${show(word)}`,
    keyName: 'value',
  })
}

/** A value as it is shown inside a message: short, quoted if a string, never throwing, at most some 80 characters. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(clip(value))
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (ArrayBuffer.isView(value))
    return `${value.constructor.name}(${'length' in value ? value.length : value.byteLength})`
  return isRecord(value) ? `an object with keys ${clip(Object.keys(value).join(', ')) || '(none)'}` : 'an object'
}

function unknownWord(
  word: string,
  known: readonly string[],
  error: { readonly code: MixflowErrorCode; readonly message: string; readonly keyName: string },
): MixflowError {
  const near = nearest(word, known)
  const list = known.length > 0 ? `${error.keyName}s: ${known.join(', ')}` : `there are no ${error.keyName}s`
  return new MixflowError(error.code, error.message, {
    hint: near === undefined ? list : [`did you mean "${near}"?`, list],
    details: { key: word, nearest: near, known },
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  // A record of another realm (worker, vm) has an Object.prototype of its own, whose prototype is null.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

const clip = (text: string) => (text.length > 64 ? `${text.slice(0, 63)}…` : text)
const plain = (word: string) =>
  clip(word)
    .toLowerCase()
    .replaceAll(/[-_\s]/g, '')

/** Optimal string alignment distance, three rolling rows. */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(replaced, last[j]! + 1, row[j - 1]! + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j]!, before[j - 2]! + 1)
    }
    before = last
    last = row
  }
  return last[b.length]!
}
