/**
 * Checks JSON records. A `Field<T>` takes a parsed value and returns a `T` or throws. The fields of `object` are those of an
 * interface, or define a type (`Infer`). Results have the keys in the order of the fields, so files are deterministic.
 *
 * Errors name the location (`mixflow.json: files[2].bytes must be …`), have a stable word in `details.reason`, and for an
 * unknown key or word the nearest known one.
 */
import { MixflowError, type MixflowErrorCode } from '../errors.ts'
import { nearest, show } from '../util/strict.ts'
import type { JsonObject, JsonValue } from './strict-json.ts'

export interface Location {
  /** The file in messages: `mixflow.json`. */
  readonly what: string
  readonly code: MixflowErrorCode
  /** Where in it: `files[2].bytes`; empty at the top. */
  readonly path: string
}

export type Field<T> = (value: unknown, location: Location) => T
export interface OptionalField<T> {
  readonly optional: Field<T>
}
export type Fields<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K>
    ? OptionalField<Exclude<T[K], undefined>>
    : Field<T[K]>
}

/** The type that a field returns. */
export type Infer<F> = F extends Field<infer T> ? T : never

type OptionalKeys<F> = { [K in keyof F]: F[K] extends OptionalField<unknown> ? K : never }[keyof F]

/** The record of these fields. */
type Described<F> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: Infer<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: F[K] extends OptionalField<infer T> ? T : never
}

/** Values of `details.reason` in the errors of these fields. */
export type SchemaReason = 'type' | 'range' | 'length' | 'pattern' | 'word' | 'unknown-key' | 'missing-key'

/** Returns the error for the value at `location`; `message` continues the name of the location. */
export function invalid(
  location: Location,
  reason: string,
  message: string,
  more: {
    readonly hint?: string | readonly string[]
    readonly value?: unknown
    readonly details?: Readonly<Record<string, unknown>>
  } = {},
): MixflowError {
  const where = location.path === '' ? location.what : `${location.what}: ${location.path}`
  const got = 'value' in more ? `, got ${show(more.value)}` : ''
  return new MixflowError(location.code, `${where} ${message}${got}`, {
    hint:
      more.hint ??
      `correct ${location.path === '' ? 'the file' : `"${location.path}"`}, or write ${location.what} again`,
    details: { reason, path: location.path, ...('value' in more ? { value: more.value } : {}), ...more.details },
  })
}

export const within = (location: Location, key: string | number): Location => {
  const step = typeof key === 'number' ? `[${key}]` : location.path === '' ? key : `.${key}`
  return { ...location, path: location.path + step }
}

export const optional = <T>(field: Field<T>): OptionalField<T> => ({ optional: field })

export const nullable =
  <T>(field: Field<T>): Field<T | null> =>
  (value, location) =>
    value === null ? null : field(value, location)

/** A record with exactly these keys; optional ones may be absent. */
export function object<T extends object>(fields: Fields<T>): Field<T> {
  const known = Object.keys(fields)
  return (value, location) => {
    const record = asRecord(value, location)
    for (const key of Object.keys(record)) if (!Object.hasOwn(fields, key)) throw unknownKey(key, known, location)
    const result: Record<string, unknown> = {}
    for (const key of known) {
      const field = fields[key as keyof T] as Field<unknown> | OptionalField<unknown>
      const present = Object.hasOwn(record, key) && record[key] !== undefined
      if (!present && typeof field === 'function') {
        throw invalid(location, 'missing-key', `has no "${key}"`, { details: { key, known } })
      }
      if (!present) continue
      result[key] = (typeof field === 'function' ? field : field.optional)(record[key], within(location, key))
    }
    return result as T
  }
}

/** As `object`, for a type that the fields define. */
export const record = <F extends Readonly<Record<string, Field<unknown> | OptionalField<unknown>>>>(fields: F) =>
  object(fields as never) as Field<Described<F>>

/** A record from any key to one kind of value. */
export const dictionary =
  <T>(field: Field<T>, limits: { readonly max: number }): Field<Readonly<Record<string, T>>> =>
  (value, location) => {
    const entries = Object.entries(asRecord(value, location))
    if (entries.length > limits.max) throw tooMany(location, entries.length, limits)
    return Object.fromEntries(entries.map(([key, item]) => [key, field(item, within(location, key))]))
  }

export const list =
  <T>(field: Field<T>, limits: { readonly min?: number; readonly max: number }): Field<readonly T[]> =>
  (value, location) => {
    if (!Array.isArray(value)) throw invalid(location, 'type', 'must be a list', { value })
    if (value.length > limits.max || value.length < (limits.min ?? 0)) throw tooMany(location, value.length, limits)
    return value.map((item, i) => field(item, within(location, i)))
  }

export const text =
  (limits: { readonly min?: number; readonly max: number }): Field<string> =>
  (value, location) => {
    if (typeof value !== 'string') throw invalid(location, 'type', 'must be a text', { value })
    const min = limits.min ?? 1
    if (value.length >= min && value.length <= limits.max) return value
    throw invalid(location, 'length', `must have ${min} to ${limits.max} characters, has ${value.length}`)
  }

/** A text of at most 1,024 characters that follows `pattern`; `form` says in words what that is. */
export const matching =
  (pattern: RegExp, form: string): Field<string> =>
  (value, location) => {
    const found = text({ min: 0, max: 1024 })(value, location)
    if (pattern.test(found)) return found
    throw invalid(location, 'pattern', `must be ${form}`, { value })
  }

export const number =
  (limits: { readonly min?: number; readonly max?: number } = {}): Field<number> =>
  (value, location) => {
    const { min = -Number.MAX_VALUE, max = Number.MAX_VALUE } = limits
    if (typeof value !== 'number') throw invalid(location, 'type', 'must be a number', { value })
    if (value >= min && value <= max) return value + 0 // no negative zero: writing would lose it
    const range = limits.min === undefined && limits.max === undefined ? 'finite' : `from ${min} to ${max}`
    throw invalid(location, 'range', `must be ${range}`, { value })
  }

/** An integer that float64 represents exactly. Default range: 0 to 2^53 − 1. */
export const integer =
  (limits: { readonly min?: number; readonly max?: number } = {}): Field<number> =>
  (value, location) => {
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = limits
    if (Number.isInteger(value) && !Number.isSafeInteger(value))
      throw invalid(location, 'range', `must be from ${min} to ${max}`, { value })
    if (!Number.isInteger(value) || Object.is(value, -0))
      throw invalid(location, 'type', 'must be a whole number', { value })
    return number({ min, max })(value, location)
  }

export const flag: Field<boolean> = (value, location) => {
  if (typeof value === 'boolean') return value
  throw invalid(location, 'type', 'must be true or false', { value })
}

export const word =
  <const W extends string>(known: readonly W[]): Field<W> =>
  (value, location) => {
    if (typeof value === 'string' && (known as readonly string[]).includes(value)) return value as W
    const near = typeof value === 'string' ? nearest(value, known) : undefined
    const hint = [...(near === undefined ? [] : [`did you mean "${near}"?`]), `values: ${known.join(', ')}`]
    throw invalid(location, 'word', 'is no known value', { value, hint, details: { nearest: near, known } })
  }

/** Exactly this value. */
export const exactly =
  <const T extends string | number>(expected: T): Field<T> =>
  (value, location) => {
    if (value === expected) return expected
    throw invalid(location, 'word', `must be ${show(expected)}`, { value })
  }

/** Any JSON record, copied. What JSON cannot hold is refused, since it would be lost in writing; undefined is absent. */
export const jsonObject: Field<JsonObject> = (value, location) =>
  jsonValue(asRecord(value, location), location, 48) as JsonObject

function jsonValue(value: unknown, location: Location, depth: number): JsonValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value + 0
  if (depth === 0) throw invalid(location, 'json-depth', 'is nested too deeply')
  if (Array.isArray(value)) return value.map((item, i) => jsonValue(item, within(location, i), depth - 1))
  if (typeof value !== 'object' || ArrayBuffer.isView(value)) {
    throw invalid(location, 'type', 'must be a JSON value', { value })
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  return Object.fromEntries(entries.map(([key, item]) => [key, jsonValue(item, within(location, key), depth - 1)]))
}

function asRecord(value: unknown, location: Location): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw invalid(location, 'type', 'must be an object', { value })
}

function unknownKey(key: string, known: readonly string[], location: Location): MixflowError {
  const near = nearest(key, known)
  const hint = [...(near === undefined ? [] : [`did you mean "${near}"?`]), `keys here: ${known.join(', ')}`]
  const shown = JSON.stringify(key.length > 64 ? `${key.slice(0, 63)}…` : key)
  return invalid(location, 'unknown-key', `has the unknown key ${shown}`, {
    hint,
    details: { key, nearest: near, known },
  })
}

function tooMany(
  location: Location,
  count: number,
  limits: { readonly min?: number; readonly max: number },
): MixflowError {
  return invalid(location, 'length', `must have ${limits.min ?? 0} to ${limits.max} entries, has ${count}`)
}
