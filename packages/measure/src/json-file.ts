/** JSON of one kind, strictly: unknown and missing keys are refused by name, with the place and what was expected. */
import { MixflowError, type MixflowErrorCode } from '@mixflow/core'
import { parseStrictJson } from '@mixflow/core/internal'
import { z } from 'zod'

export interface JsonFile<T> {
  readonly schema: z.ZodType<T>
  readonly code: MixflowErrorCode
  /** Path or address, for messages. */
  readonly place: string
  readonly hint: string
}

/** @throws MixflowError with the file's code */
export function parseJson<T>(text: string, { schema, code, place, hint }: JsonFile<T>): T {
  const json = parseStrictJson(text, { what: place, code, hint })
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const why = z
    .prettifyError(result.error)
    .replaceAll('✖ ', '')
    .replaceAll(/\s*\n\s*/g, ' ')
  throw new MixflowError(code, `${place}: ${why}`, { hint, details: { place }, cause: result.error })
}
