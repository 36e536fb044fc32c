/** Small helpers for arrays and records. */

/**
 * `Uint8Array<ArrayBuffer>`: bytes whose memory is not shared, as `new Response(bytes)` and `new Blob([bytes])` require. Derived from
 * `Uint8Array.of` because the type takes a parameter only since TypeScript 5.7.
 */
export type Bytes = ReturnType<Uint8ArrayConstructor['of']>

/** The clamped equivalent of `Bytes`, as in ImageData. */
export type ClampedBytes = ReturnType<Uint8ClampedArrayConstructor['of']>

/** Returns a new array of the arrays joined, of the type of the first; an empty Float32Array when there are none. */
export function concatenate<A extends Float32Array | Int32Array | Uint8Array>(parts: readonly A[]): A {
  const ArrayKind = (parts[0]?.constructor ?? Float32Array) as new (length: number) => A
  const all = new ArrayKind(parts.reduce((sum, { length }) => sum + length, 0))
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.length
  }
  return all
}

/** Returns the batch `[times, …]` that repeats one image's numbers. */
export function repeated(numbers: Float32Array, times: number): Float32Array {
  const all = new Float32Array(numbers.length * times)
  for (let i = 0; i < times; i++) all.set(numbers, i * numbers.length)
  return all
}

/**
 * Returns a record without its undefined values, to spread into options whose type distinguishes a missing option from an undefined one
 * (`exactOptionalPropertyTypes`): `{ ...defined({ label }) }`. null, 0, '' and false are values.
 */
export function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
