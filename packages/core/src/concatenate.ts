import type { Bytes } from './bytes.ts'

/** Arrays one after the other as a new one, of the kind of the first; none of them is an empty Float32Array. */
export function concatenate<A extends Float32Array | Int32Array | Bytes>(parts: readonly A[]): A {
  const ArrayKind = (parts[0]?.constructor ?? Float32Array) as new (length: number) => A
  const all = new ArrayKind(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
