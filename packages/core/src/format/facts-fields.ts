/** Field descriptions of the facts that a checkpoint and a manifest share: image size, classes, source distribution. */
import { gaussianKinds, kappas, needsLabels } from '../method/source/kappa-fc.ts'
import { mixings } from '../method/source/mixture.ts'
import type { Labels, SourceFacts } from '../sampler/model-facts.ts'
import * as f from './schema.ts'

const side = f.integer({ min: 1, max: 8192 })

export const imageShapeFields = { channels: f.integer({ min: 1, max: 256 }), height: side, width: side } as const

const labelFields = f.object<Labels>({
  count: f.integer({ min: 1, max: 100_000 }),
  names: f.optional(f.list(f.text({ max: 200 }), { max: 100_000 })),
  required: f.optional(f.flag),
})

export const labelsField: f.Field<Labels> = (value, location) => {
  const labels = labelFields(value, location)
  if (labels.names !== undefined && labels.names.length !== labels.count) {
    throw f.invalid(location, 'inconsistent', `has ${labels.names.length} names for ${labels.count} classes`)
  }
  return labels
}

/** Checks that a label-conditioned source or encoder comes with labels. */
export function checkLabels(
  { source, labels }: { readonly source: SourceFacts | null; readonly labels: Labels | null },
  location: f.Location,
): void {
  if (labels !== null || source === null || !needsLabels(source)) return
  throw f.invalid(
    f.within(location, 'labels'),
    'inconsistent',
    'must not be null: the source or its encoder is conditioned on the label',
  )
}

export const sourceField = f.object<SourceFacts>({
  kappa: f.word(kappas),
  gaussian: f.word(gaussianKinds),
  mixing: f.word(mixings),
  tanh: f.flag,
  conditionOnWeight: f.flag,
  encoderLabel: f.optional(f.flag),
  klWeight: f.number({ min: 0 }),
})

const isoDate = f.matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/, 'a UTC time like 2026-04-10T12:00:00Z')

/** An existing UTC time in ISO 8601. */
export const timeField: f.Field<string> = (value, location) => {
  const time = isoDate(value, location)
  const date = new Date(time)
  if (!Number.isNaN(date.getTime()) && date.toISOString().slice(0, 19) === time.slice(0, 19)) return time
  throw f.invalid(location, 'pattern', 'is no time that the calendar has', { value })
}
