/** Building blocks of the schemas of fixtures. */

import { z } from 'zod'

/** A field for people, which is ignored. */
export const note = z.unknown().optional()

/** A strict object. @param ignored names of fields for people, separated by spaces */
export const strict = <S extends z.ZodRawShape>(shape: S, ignored = '') =>
  z.strictObject({ ...shape, ...(ignored === '' ? {} : each(note, ignored)) } as S)

type Words<S extends string> = S extends `${infer First} ${infer Rest}` ? First | Words<Rest> : S

/** Fields of one type. @param names separated by spaces */
export const each = <T extends z.ZodType, S extends string>(type: T, names: S) =>
  Object.fromEntries(names.split(' ').map(name => [name, type])) as Record<Words<S>, T>

/** Fields that must have these values. */
export const constants = <C extends Readonly<Record<string, string | number | boolean>>>(values: C) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, z.literal(value)])) as {
    [K in keyof C]: z.ZodLiteral<C[K]>
  }

/** The schema of a whole fixture. */
export const fixture = <S extends z.ZodRawShape>(shape: S, ignored = '') =>
  strict(shape, `group what note notes seed source made_with ${ignored}`)

export const size = z.number().int().positive()
export const count = z.number().int().min(0)
export const number = z.number()
export const numbers = z.record(z.string(), number)

/** `tensors`, `io_tensors`, …: the expected content of a file of tensors. */
export const tensors = z.record(z.string(), strict({ dtype: z.string(), shape: z.array(count) }))
