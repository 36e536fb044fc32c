/** The values that a view keeps in the address, each with its form in text. For a value that cannot be used, the initial one is. */

export interface Field<T> {
  readonly initial: T
  /** What `read` accepts, after "must be". */
  readonly expected: string
  /** Returns undefined for a text that it does not accept. */
  readonly read: (text: string) => T | undefined
  readonly write: (value: T) => string
}

export const word = <T extends string>(words: readonly T[], initial: T): Field<T> => ({
  initial,
  expected: `one of ${words.join(', ')}`,
  read: text => words.find(known => known === text),
  write: value => value,
})

export const number = (range: { min: number; max: number; whole?: boolean; initial: number }): Field<number> => ({
  initial: range.initial,
  expected: `a ${range.whole ? 'whole ' : ''}number from ${range.min} to ${range.max}`,
  read: text => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    const fits = value >= range.min && value <= range.max && (!range.whole || Number.isInteger(value))
    return fits ? value : undefined
  },
  write: String,
})

export const text = (initial: string, max: number): Field<string> => ({
  initial,
  expected: `at most ${max} characters`,
  read: given => (given.length <= max ? given : undefined),
  write: value => value,
})

/** A class by name or index (`resolveLabel` of core has the rule); empty where it is left open. */
export const classLabel = text('', 200)

export type Fields = Readonly<Record<string, Field<never>>>
export type ValuesOf<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

export function readValues<F extends object>(fields: F, query: URLSearchParams): ValuesOf<F> {
  const entries = Object.entries(fields as Record<string, Field<unknown>>).map(([key, { initial, read }]) => {
    const given = query.get(key)
    return [key, (given === null ? undefined : read(given)) ?? initial]
  })
  return Object.fromEntries(entries) as ValuesOf<F>
}

export interface RefusedValue {
  readonly key: string
  readonly text: string
  readonly expected: string
  /** The value that is used instead. */
  readonly used: string
}

/** The values of the address that are not used. */
export function refusedValues(fields: object, query: URLSearchParams): RefusedValue[] {
  return Object.entries(fields as Record<string, Field<unknown>>).flatMap(
    ([key, { initial, expected, read, write }]) => {
      const given = query.get(key)
      if (given === null || read(given) !== undefined) return []
      return [{ key, text: given.slice(0, 40), expected, used: write(initial) }]
    },
  )
}

/** Values that are as at first are left out, so that addresses stay short. */
export function writeValues<F extends object>(fields: F, values: ValuesOf<F>): URLSearchParams {
  const query = new URLSearchParams()
  for (const [key, { initial, write }] of Object.entries(fields as Record<string, Field<unknown>>)) {
    const value = values[key as keyof F]
    if (value !== initial) query.set(key, write(value))
  }
  return query
}
