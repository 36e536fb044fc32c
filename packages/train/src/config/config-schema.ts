/** The schema of `TrainingConfig` (declared in zoo), which checks values at run time and describes them in error messages. */

import { couplings, gaussianKinds, kappas, maxSeed, mixings, solverNames } from '@mixflow/core'
import type { TrainingConfig } from '@mixflow/zoo'
import { z } from 'zod'

const count = z.int().min(1).max(1e12)
const share = z.number().min(0).max(1)
const network = z.strictObject({ kind: z.string(), options: z.record(z.string(), z.unknown()) })

const source = z.strictObject({
  kappa: z.enum(kappas),
  gaussian: z.enum(gaussianKinds),
  mixing: z.enum(mixings),
  tanh: z.boolean(),
  weight: z.union([z.literal('uniform'), share, z.strictObject({ levels: z.int().min(1) })]),
  klWeight: z.number().min(0),
  conditionOnWeight: z.boolean(),
  detachEncoder: z.boolean(),
})

export const configSchema = z.strictObject({
  data: z.string().min(1, 'set what to train on: --data <name, folder or zip>'),
  size: z.int().min(1).max(4096).nullable(),
  channels: z.union([z.literal(1), z.literal(3)]).nullable(),
  limit: count.nullable(),
  badImages: z.enum(['refuse', 'skip']),
  badImagesLimit: share,
  labels: z.boolean(),
  flip: z.boolean(),
  seed: z.int().min(0).max(maxSeed),

  batchSize: z.int().min(1).max(65_536),
  imagesAtOnce: count.nullable(),
  totalImages: count,
  labelDropout: share,

  optimizer: z.enum(['adam', 'adamw']),
  learningRate: z.number().positive().max(10),
  beta1: z.number().min(0).lt(1),
  beta2: z.number().min(0).lt(1),
  epsilon: z.number().positive().max(1),
  weightDecay: z.number().min(0).max(10),
  warmupImages: z.int().min(0),
  decayFraction: share,
  finalRate: share,
  clipNorm: z.number().positive().nullable(),
  emaHalfLifeImages: z.number().positive(),

  coupling: z.enum(couplings),
  source: source.nullable(),
  denoiser: network,
  encoder: network.nullable(),

  sampling: z.strictObject({
    solver: z.enum(solverNames as [(typeof solverNames)[number], ...(typeof solverNames)[number][]]),
    nfe: count.max(100_000),
    gridPower: z.number().min(0.1).max(10),
    guidance: z.number().min(0).max(100),
  }),
  sampleEveryImages: count,
  checkpointEveryImages: count,
  keepCheckpoints: z.int().min(1).max(1000),
}) satisfies z.ZodType<TrainingConfig>

type Schema = z.core.JSONSchema.BaseSchema

/** The allowed values of a setting: `a whole number from 1 to 4096, or null`, and the strings among them. Undefined for options of networks. */
export function allowedValues(path: readonly PropertyKey[]) {
  const root = z.toJSONSchema(configSchema) as Schema
  const schema = path.reduce<Schema | undefined>((place, key) => place && below(place, String(key)), root)
  if (schema === undefined) return undefined
  const choices = alternatives(schema)
  const texts = choices.map(textOf)
  const text = texts.length === 1 ? (texts[0] as string) : `${texts.slice(0, -1).join(', ')}, or ${texts.at(-1)}`
  return { text, words: choices.flatMap(choice => choice.enum ?? choice.const ?? []).map(String) }
}

/** The schema of a property; of a nullable object, that of the object. */
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
      return 'a string'
  }
}

function rangeOf({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Schema): string {
  const least =
    minimum !== undefined ? ` from ${minimum}` : exclusiveMinimum !== undefined ? ` above ${exclusiveMinimum}` : ''
  const most =
    maximum !== undefined ? ` to ${maximum}` : exclusiveMaximum !== undefined ? `, below ${exclusiveMaximum}` : ''
  return least + most
}
