/** Field descriptions of the facts that a checkpoint and a manifest share: image size, classes, source distribution. */
import { gaussianKinds, kappas } from '../method/source/kappa-fc.ts'
import { mixings } from '../method/source/mixture.ts'
import type { Labels, SourceFacts } from '../sampler/model-facts.ts'
import {
  type Field,
  flag,
  integer,
  invalid,
  list,
  matching,
  number,
  object,
  optional,
  type Place,
  text,
  within,
  word,
} from './schema.ts'

const side = integer({ min: 1, max: 8192 })

export const imageShapeFields = { channels: integer({ min: 1, max: 256 }), height: side, width: side } as const

const labelFields = object<Labels>({
  count: integer({ min: 1, max: 100_000 }),
  names: optional(list(text({ max: 200 }), { max: 100_000 })),
  required: optional(flag),
})

export const labelsField: Field<Labels> = (value, place) => {
  const labels = labelFields(value, place)
  if (labels.names !== undefined && labels.names.length !== labels.count) {
    throw invalid(place, 'inconsistent', `has ${labels.names.length} names for ${labels.count} classes`)
  }
  return labels
}

/** Checks that a label-conditioned source or encoder comes with labels. */
export function checkLabels(
  { source, labels }: { readonly source: SourceFacts | null; readonly labels: Labels | null },
  place: Place,
): void {
  if (labels !== null || source === null) return
  const needy = source.kappa === 'label' ? 'kappa is a label' : source.encoderLabel ? 'the encoder takes a label' : null
  if (needy !== null) throw invalid(within(place, 'labels'), 'inconsistent', `must not be null where ${needy}`)
}

export const sourceField = object<SourceFacts>({
  kappa: word(kappas),
  gaussian: word(gaussianKinds),
  mixing: word(mixings),
  tanh: flag,
  conditionOnWeight: flag,
  encoderLabel: optional(flag),
  klWeight: number({ min: 0 }),
})

const isoDate = matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/, 'a UTC time like 2026-04-10T12:00:00Z')

/** A UTC time in ISO form that the calendar has. */
export const timeField: Field<string> = (value, place) => {
  const time = isoDate(value, place)
  const date = new Date(time)
  if (!Number.isNaN(date.getTime()) && date.toISOString().slice(0, 19) === time.slice(0, 19)) return time
  throw invalid(place, 'pattern', 'is no time that the calendar has', { value })
}
