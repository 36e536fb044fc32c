/** The values that a view stores in the URL, with their text form. A value that cannot be parsed is ignored. */

export interface Field<T> {
  readonly initial: T
  /** What `parse` accepts, as a continuation of "must be". */
  readonly expected: string
  /** Returns undefined for invalid text. */
  readonly parse: (text: string) => T | undefined
  readonly format: (value: T) => string
}

export const oneOf = <T extends string>(options: readonly T[], initial: T): Field<T> => ({
  initial,
  expected: `one of ${options.join(', ')}`,
  parse: text => options.find(known => known === text),
  format: value => value,
})

export const number = (range: { min: number; max: number; whole?: boolean; initial: number }): Field<number> => ({
  initial: range.initial,
  expected: `${range.whole ? 'an integer' : 'a number'} from ${range.min} to ${range.max}`,
  parse: text => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    const fits = value >= range.min && value <= range.max && (!range.whole || Number.isInteger(value))
    return fits ? value : undefined
  },
  format: String,
})

export const text = (initial: string, max: number): Field<string> => ({
  initial,
  expected: `at most ${max} characters long`,
  parse: text => (text.length <= max ? text : undefined),
  format: value => value,
})

/** A class by name or index (see `resolveLabel` of core); empty: none selected. */
export const classLabel = text('', 200)

export type Fields = Readonly<Record<string, Field<never>>>
export type ValuesOf<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

export function readValues<F extends object>(fields: F, query: URLSearchParams): ValuesOf<F> {
  const entries = Object.entries(fields as Record<string, Field<unknown>>).map(([key, { initial, parse }]) => {
    const text = query.get(key)
    return [key, (text === null ? undefined : parse(text)) ?? initial]
  })
  return Object.fromEntries(entries) as ValuesOf<F>
}

export interface IgnoredValue {
  readonly key: string
  /** The beginning of the invalid text. */
  readonly text: string
  readonly expected: string
  /** The initial value, which is used instead. */
  readonly used: string
}

/** Returns the values in the URL that are ignored because they are invalid. */
export function ignoredValues(fields: object, query: URLSearchParams): IgnoredValue[] {
  return Object.entries(fields as Record<string, Field<unknown>>).flatMap(
    ([key, { initial, expected, parse, format }]) => {
      const text = query.get(key)
      if (text === null || parse(text) !== undefined) return []
      return [{ key, text: text.slice(0, 40), expected, used: format(initial) }]
    },
  )
}

/** Omits values that equal their initial value, which keeps URLs short. */
export function writeValues<F extends object>(fields: F, values: ValuesOf<F>): URLSearchParams {
  const query = new URLSearchParams()
  for (const [key, { initial, format }] of Object.entries(fields as Record<string, Field<unknown>>)) {
    const value = values[key as keyof F]
    if (value !== initial) query.set(key, format(value))
  }
  return query
}
