/**
 * The entries of a record whose value is not undefined, to spread into options: where TypeScript tells a missing option from an
 * undefined one (`exactOptionalPropertyTypes`), `{ ...defined({ label }) }` is the missing one.
 *
 * @param values own enumerable entries count; null, 0, '' and false are values
 */
export function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
