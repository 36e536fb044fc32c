/** What a setting may be, in words, from the schema that checks it: `a whole number from 1 to 4096, or null`. */

import { z } from 'zod'
import { configSchema } from './config-schema.ts'

type Schema = z.core.JSONSchema.BaseSchema

export interface Allowed {
  readonly text: string
  /** The words among them. */
  readonly words: readonly string[]
}

/** Undefined for a path that the schema does not know: an option of a network. */
export function allowedValues(path: readonly PropertyKey[]): Allowed | undefined {
  const root = z.toJSONSchema(configSchema) as Schema
  const schema = path.reduce<Schema | undefined>((place, key) => place && below(place, String(key)), root)
  if (schema === undefined) return undefined
  const choices = alternatives(schema)
  const texts = choices.map(textOf)
  const text = texts.length === 1 ? (texts[0] as string) : `${texts.slice(0, -1).join(', ')}, or ${texts.at(-1)}`
  return { text, words: choices.flatMap(choice => choice.enum ?? choice.const ?? []).map(String) }
}

/** A setting below one that may also be null is that of what is not null. */
function below(schema: Schema, key: string): Schema | undefined {
  const owner = alternatives(schema).find(({ properties }) => properties?.[key] !== undefined)
  return owner?.properties?.[key] as Schema | undefined
}

const alternatives = (schema: Schema): Schema[] =>
  schema.anyOf ? (schema.anyOf as Schema[]).flatMap(alternatives) : [schema]

function textOf(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map(word => JSON.stringify(word)).join(', ')
  switch (schema.type) {
    case 'integer':
      return `a whole number${rangeOf(schema)}`
    case 'number':
      return `a number${rangeOf(schema)}`
    case 'boolean':
      return 'true or false'
    case 'object':
      return `an object with ${Object.keys(schema.properties ?? {}).join(', ')}`
    case 'null':
      return 'null'
    default:
      return 'a text'
  }
}

function rangeOf({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Schema): string {
  const least =
    minimum !== undefined ? ` from ${minimum}` : exclusiveMinimum !== undefined ? ` above ${exclusiveMinimum}` : ''
  const most =
    maximum !== undefined ? ` to ${maximum}` : exclusiveMaximum !== undefined ? `, below ${exclusiveMaximum}` : ''
  return least + most
}
