/**
 * The facts about a model that its checkpoint and its manifest both hold: the size of its images, its classes, and how
 * its source distribution was made (method: kappa-FC and mixtures). Field descriptions beside the types.
 */
import { type GaussianKind, gaussianKinds, type Kappa, kappas } from '../source/kappa-fc.ts'
import { type Mixing, mixings } from '../source/mixture.ts'
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

export interface ImageShape {
  readonly channels: number
  readonly height: number
  readonly width: number
}

export interface Labels {
  /** Number of classes; a label is 0 to count − 1, and `count` itself means "no label". */
  readonly count: number
  /** One name per class, in order. */
  readonly names?: readonly string[]
  /**
   * Whether each picture needs a label: the network saw none without, so that "no label" and guidance mean nothing to it. Not so
   * unless said.
   */
  readonly required?: boolean
}

/** How x0 was drawn in training. A plain rectified flow, whose x0 is N(0, I), has `null` instead of this record. */
export interface SourceFacts {
  readonly kappa: Kappa
  readonly gaussian: GaussianKind
  readonly mixing: Mixing
  /** Whether x0 of the encoder passes through tanh. */
  readonly tanh: boolean
  /** Whether the denoiser has the input `w`, the mixture weight. */
  readonly conditionOnWeight: boolean
  /** Whether the encoder has the input `label` besides κ; it has not unless said. */
  readonly encoderLabel?: boolean
  readonly klWeight: number
}

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

/** Where something is told the class, there are classes. */
export function checkLabels(
  { source, labels }: { readonly source: SourceFacts | null; readonly labels: Labels | null },
  place: Place,
): void {
  if (labels !== null || source === null) return
  const needy = source.kappa === 'label' ? 'kappa is a label' : source.encoderLabel ? 'the encoder is told it' : null
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
