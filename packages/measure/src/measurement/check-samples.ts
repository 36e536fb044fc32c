/** Checks the options for measuring samples, before any image is sampled. */
import { MixflowError, type SamplerModel } from '@mixflow/core'
import { checkKeys, checkWord, show } from '@mixflow/core/internal'
import { checkSize, type ExtractorDescription } from '../extractor.ts'
import { defaultK } from '../precision-recall.ts'
import type { Reference } from '../reference.ts'
import type { SampleOptions } from './measure-model.ts'
import { comparesWithData, type SampleMetric, sampleMetrics } from './measure-range.ts'

const required = [
  'extractor',
  'metrics',
  'settings',
  'reference',
  'n',
] as const satisfies readonly (keyof SampleOptions)[]
const keys = [...required, 'ranges', 'batchSize'] as const satisfies readonly (keyof SampleOptions)[]

/** @throws MixflowError ARGUMENT_INVALID */
export function checkSamples(samples: SampleOptions, { image, labels }: SamplerModel): void {
  const needed = required.filter(key => key !== 'reference') // may be null
  checkKeys(samples as unknown, keys, { what: 'the samples of measureModel', required: needed })
  const { extractor, metrics, settings, reference, n, ranges = 3, batchSize = 64 } = samples
  for (const metric of metrics) checkWord(metric, sampleMetrics, { what: 'metric' })
  for (const [name, value] of Object.entries({ n, ranges, batchSize })) {
    if (Number.isInteger(value) && value >= 1) continue
    throw new MixflowError('ARGUMENT_INVALID', `${name} must be a whole number from 1, got ${show(value)}`)
  }
  if (settings.length === 0) throw new MixflowError('ARGUMENT_INVALID', 'settings must not be empty')
  checkSize(image, extractor)
  if (metrics.includes('is')) {
    if (extractor.logits === null) throw noLogits(extractor)
    if (n < extractor.logits.classes) throw tooFewForScore(n, extractor.logits.classes)
  }
  if (metrics.includes('label-accuracy')) checkClasses(samples, labels)
  const comparing = metrics.find(comparesWithData)
  if (comparing !== undefined && reference === null) throw noReference(comparing)
  if (reference !== null) checkCounts(samples, reference)
  const byRows = metrics.find(metric => metric === 'precision-recall' || metric === 'neighbours')
  if (byRows !== undefined && !reference?.features) throw noFeatures(byRows)
  if (reference !== null && reference.key.sha256 !== extractor.sha256) throw otherExtractor(reference, extractor)
}

/** The classifier must have the classes of the model. */
function checkClasses({ extractor, settings }: SampleOptions, labels: SamplerModel['labels']): void {
  const refuse = (message: string, hint: string) => new MixflowError('ARGUMENT_INVALID', message, { hint })
  const other = 'leave out the metric "label-accuracy"'
  if (labels === null) throw refuse('label accuracy needs a model with classes', other)
  if (settings.some(({ label }) => label === null)) {
    throw refuse('label accuracy needs images with a class, but the label is "none"', `give a label, or ${other}`)
  }
  const classes = extractor.logits?.classes
  if (classes === labels.count) return
  const has = classes === undefined ? 'has no logits' : `has ${classes} classes`
  throw refuse(
    `label accuracy needs a classifier of the model's ${labels.count} classes, but ${extractor.name} ${has}`,
    `use an extractor with ${labels.count} logits, or ${other}`,
  )
}

/** Minimum number of images of a measure, for samples and references. */
const minimum = {
  /** With fewer images the covariance does not have full rank, which dominates the distance. */
  fd: ({ dimensions }: ExtractorDescription) => dimensions + 1,
  'precision-recall': () => defaultK + 1,
} as const satisfies Partial<Record<SampleMetric, (extractor: ExtractorDescription) => number>>

/** Checks the numbers of samples and reference images. */
function checkCounts({ metrics, n, extractor }: SampleOptions, { key }: Reference): void {
  const { name, dimensions } = extractor
  const sides = [
    { count: n, of: 'images', more: 'take n' },
    { count: key.count, of: `reference images (${key.data})`, more: 'compare with a set of images' },
  ]
  for (const { count, of, more } of sides) {
    if (metrics.includes('fd') && count < minimum.fd(extractor)) {
      const message = `a covariance of ${dimensions} features cannot be estimated from ${count} ${of}`
      const hint = `${more} above ${dimensions}, better ${20 * dimensions}; or an extractor with fewer features than ${name}`
      throw new MixflowError('ARGUMENT_INVALID', message, { hint, details: { n: count, dimensions } })
    }
    if (metrics.includes('precision-recall') && count < minimum['precision-recall']()) {
      const message = `precision and recall need more than ${defaultK} images, got ${count} ${of}`
      throw new MixflowError('ARGUMENT_INVALID', message, {
        hint: `${more} of ${minimum['precision-recall']()} or more`,
      })
    }
  }
  if (metrics.includes('neighbours') && key.count < 2) {
    const message = `near copies need at least two reference images, but ${key.data} has ${key.count}`
    throw new MixflowError('ARGUMENT_INVALID', message, { hint: 'leave out the metric "neighbours"' })
  }
}

const noLogits = ({ name }: ExtractorDescription) =>
  new MixflowError('ARGUMENT_INVALID', `the Inception score needs class logits, but ${name} has none`, {
    hint: 'leave out the metric "is", or use an extractor with logits',
  })

/** The score of n images is at most n. */
const tooFewForScore = (n: number, classes: number) =>
  new MixflowError(
    'ARGUMENT_INVALID',
    `the Inception score over ${classes} classes cannot be estimated from ${n} images`,
    {
      hint: `take n of ${classes} or more, better ${100 * classes}; or leave out the metric "is"`,
      details: { n, classes },
    },
  )

const noReference = (metric: SampleMetric) =>
  new MixflowError('ARGUMENT_INVALID', `"${metric}" compares with a data set, but reference is null`, {
    hint: 'pass the result of referenceOf for a data set',
  })

const noFeatures = (metric: SampleMetric) =>
  new MixflowError('ARGUMENT_INVALID', `"${metric}" needs the features of the reference, which has only statistics`, {
    hint: 'referenceOf(images, extractor, { features: true, … })',
  })

function otherExtractor({ key }: Reference, { name, sha256 }: ExtractorDescription): MixflowError {
  const [one, other] = [`${key.extractor} (${key.sha256.slice(0, 8)})`, `${name} (${sha256.slice(0, 8)})`]
  return new MixflowError('ARGUMENT_INVALID', `the reference is of the extractor ${one}, expected ${other}`, {
    hint: 'compute the reference with the same extractor',
  })
}
