/** Checks the options for measuring samples, before any image is sampled. */
import { MixflowError, type SamplerModel } from '@mixflow/core'
import { checkKeys, checkWord, show } from '@mixflow/core/internal'
import { checkSize, type ExtractorDescription } from '../extractor.ts'
import { defaultK } from '../nearest-neighbours.ts'
import type { Reference } from '../reference.ts'
import type { SampleSetting } from './part.ts'

/** The metrics of samples. */
export const sampleMetrics = ['fd', 'is', 'label-accuracy', 'precision-recall', 'neighbours'] as const

export type SampleMetric = (typeof sampleMetrics)[number]

/** Whether a metric compares samples with a data set. */
export const comparesWithData = (metric: SampleMetric): boolean => metric !== 'is' && metric !== 'label-accuracy'

/** Maximum number of images for precision, recall and near copies, which compare all pairs. */
export const rowLimits = { 'precision-recall': 10_000, neighbours: 1000 } as const

export interface SampleOptions {
  /** The extractor of the workers. */
  readonly extractor: ExtractorDescription
  readonly metrics: readonly SampleMetric[]
  readonly settings: readonly SampleSetting[]
  /** Required for all metrics but `is` and `label-accuracy`; with features for `precision-recall` and `neighbours`. */
  readonly reference: Reference | null
  /** Images per range. */
  readonly n: number
  /** Number of ranges. Default: 3. */
  readonly ranges?: number
  /** Images per batch, on which the steps of an adaptive solver depend. Default: 64. */
  readonly batchSize?: number
}

const required: readonly (keyof SampleOptions)[] = ['extractor', 'metrics', 'settings', 'n']
/** `reference` may be null. */
const keys: readonly (keyof SampleOptions)[] = [...required, 'reference', 'ranges', 'batchSize']

/** @throws MixflowError ARGUMENT_INVALID */
export function checkSamples(samples: SampleOptions, { image, labels }: SamplerModel): void {
  checkKeys(samples as unknown, keys, { what: 'the samples of measureModel', required })
  const { extractor, metrics, settings, reference, n, ranges = 3, batchSize = 64 } = samples
  for (const metric of metrics) checkWord(metric, sampleMetrics, { what: 'metric' })
  for (const [name, value] of Object.entries({ n, ranges, batchSize })) {
    if (Number.isInteger(value) && value >= 1) continue
    throw new MixflowError('ARGUMENT_INVALID', `${name} must be a whole number from 1, got ${show(value)}`)
  }
  if (settings.length === 0) throw new MixflowError('ARGUMENT_INVALID', 'settings must not be empty')
  checkSize(image, extractor)
  const { name, logits } = extractor
  if (metrics.includes('is') && logits === null) {
    const hint = 'leave out the metric "is", or use an extractor with logits'
    throw refusal(`the Inception score needs class logits, but ${name} has none`, hint)
  }
  // the score of n images is at most n
  if (metrics.includes('is') && logits !== null && n < logits.classes) {
    const { classes } = logits
    const hint = `take n of ${classes} or more, better ${100 * classes}; or leave out the metric "is"`
    const message = `the Inception score over ${classes} classes cannot be estimated from ${n} images`
    throw refusal(message, hint, { n, classes })
  }
  if (metrics.includes('label-accuracy')) checkClasses(samples, labels)
  const comparing = metrics.find(comparesWithData)
  if (comparing !== undefined && reference === null) {
    const hint = 'pass the result of referenceOf for a data set'
    throw refusal(`"${comparing}" compares with a data set, but reference is null`, hint)
  }
  if (reference !== null) checkCounts(samples, reference)
  const byRows = metrics.find(metric => metric === 'precision-recall' || metric === 'neighbours')
  if (byRows !== undefined && !reference?.features) {
    const hint = 'referenceOf(images, extractor, { features: true, … })'
    throw refusal(`"${byRows}" needs the features of the reference, which has only statistics`, hint)
  }
  if (reference === null || reference.key.sha256 === extractor.sha256) return
  const { key } = reference
  const [one, other] = [`${key.extractor} (${key.sha256.slice(0, 8)})`, `${name} (${extractor.sha256.slice(0, 8)})`]
  const hint = 'compute the reference with the same extractor'
  throw refusal(`the reference is of the extractor ${one}, expected ${other}`, hint)
}

const refusal = (message: string, hint: string, details: Readonly<Record<string, unknown>> = {}) =>
  new MixflowError('ARGUMENT_INVALID', message, { hint, details })

/** The classifier must have the classes of the model. */
function checkClasses({ extractor, settings }: SampleOptions, labels: SamplerModel['labels']): void {
  const other = 'leave out the metric "label-accuracy"'
  if (labels === null) throw refusal('label accuracy needs a model with classes', other)
  if (settings.some(({ label }) => label === null)) {
    throw refusal('label accuracy needs images with a class, but the label is "none"', `give a label, or ${other}`)
  }
  const classes = extractor.logits?.classes
  if (classes === labels.count) return
  const has = classes === undefined ? 'has no logits' : `has ${classes} classes`
  throw refusal(
    `label accuracy needs a classifier of the model's ${labels.count} classes, but ${extractor.name} ${has}`,
    `use an extractor with ${labels.count} logits, or ${other}`,
  )
}

/**
 * Checks the numbers of samples and reference images. For the Fréchet distance, fewer images than features give a covariance without full
 * rank, which dominates the distance.
 */
function checkCounts({ metrics, n, extractor }: SampleOptions, { key }: Reference): void {
  const { name, dimensions } = extractor
  const sides = [
    { count: n, of: 'images', more: 'take n' },
    { count: key.count, of: `reference images (${key.data})`, more: 'compare with a set of images' },
  ]
  for (const { count, of, more } of sides) {
    if (metrics.includes('fd') && count <= dimensions) {
      const message = `a covariance of ${dimensions} features cannot be estimated from ${count} ${of}`
      const hint = `${more} above ${dimensions}, better ${20 * dimensions}; or an extractor with fewer features than ${name}`
      throw refusal(message, hint, { n: count, dimensions })
    }
    if (metrics.includes('precision-recall') && count <= defaultK) {
      const message = `precision and recall need more than ${defaultK} images, got ${count} ${of}`
      throw refusal(message, `${more} of ${defaultK + 1} or more`)
    }
  }
  if (metrics.includes('neighbours') && key.count < 2) {
    const message = `near copies need at least two reference images, but ${key.data} has ${key.count}`
    throw refusal(message, 'leave out the metric "neighbours"')
  }
}
