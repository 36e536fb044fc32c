/** Field descriptions of the facts that a checkpoint and a manifest share: image size, classes, source distribution. */
import { gaussianKinds, kappas, needsLabels } from '../method/source/kappa-fc.ts'
import { mixings } from '../method/source/mixture.ts'
import type { Labels, SourceFacts } from '../sampler/model-facts.ts'
import {
  type Field,
  flag,
  integer,
  invalid,
  type Location,
  list,
  matching,
  number,
  object,
  optional,
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

export const labelsField: Field<Labels> = (value, location) => {
  const labels = labelFields(value, location)
  if (labels.names !== undefined && labels.names.length !== labels.count) {
    throw invalid(location, 'inconsistent', `has ${labels.names.length} names for ${labels.count} classes`)
  }
  return labels
}

/** Checks that a label-conditioned source or encoder comes with labels. */
export function checkLabels(
  { source, labels }: { readonly source: SourceFacts | null; readonly labels: Labels | null },
  location: Location,
): void {
  if (labels !== null || source === null || !needsLabels(source)) return
  throw invalid(
    within(location, 'labels'),
    'inconsistent',
    'must not be null: the source or its encoder is conditioned on the label',
  )
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
export const timeField: Field<string> = (value, location) => {
  const time = isoDate(value, location)
  const date = new Date(time)
  if (!Number.isNaN(date.getTime()) && date.toISOString().slice(0, 19) === time.slice(0, 19)) return time
  throw invalid(location, 'pattern', 'is no time that the calendar has', { value })
}
