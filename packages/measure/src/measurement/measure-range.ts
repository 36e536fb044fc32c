/**
 * Measures of one range of images, from the results of its parts: statistics and scores are accumulated part by part, and only
 * the features that precision, recall and near copies need are kept.
 */
import { permutation } from '@mixflow/core'
import { z } from 'zod'
import { type FeatureStatistics, gaussianOf, mergeStatistics, statisticsOf } from '../feature-statistics.ts'
import { type FrechetDistance, frechetDistanceFrom } from '../frechet-distance.ts'
import { countCorrect, scoreAccumulator } from '../inception-score.ts'
import { nearCopies, typicalDistance } from '../near-copies.ts'
import { type Balls, ballsOf, precisionRecall, type Rows, rowCount, rowsAt } from '../nearest-neighbours.ts'
import type { ImageRange, SamplesPart, SamplesResult } from './part.ts'
import { rowLimits, type SampleMetric, type SampleOptions } from './sample-options.ts'

const number = z.number()

export const rangeSchema = z.strictObject({
  firstImage: number,
  images: number,
  /** Function evaluations per image, including guidance. */
  nfe: number,
  steps: number,
  frechet: z.strictObject({ distance: number, meanTerm: number, covarianceTerm: number }).nullable(),
  inception: z.strictObject({ mean: number, standardDeviation: number.nullable() }).nullable(),
  /** Fraction of the images whose class the classifier recognises, 0..1. */
  labelAccuracy: z.strictObject({ share: number, images: number }).nullable(),
  /** `images` is the number of images of each set. */
  precisionRecall: z.strictObject({ precision: number, recall: number, images: number }).nullable(),
  /** As `NearCopies`, with image indices instead of rows, and only the first `pairs` and `nearest`. */
  nearCopies: z
    .strictObject({
      share: number,
      distance: number,
      images: number,
      pairs: z.array(z.strictObject({ generated: number, training: number, ratio: number })).readonly(),
      nearest: z
        .array(z.strictObject({ generated: number, distance: number, training: z.array(number).readonly() }))
        .readonly(),
    })
    .nullable()
    // of an earlier version: it is measured again on request
    .catch(null),
})

/** The measures of a range; null for those that were not measured. */
export type RangeMeasures = Readonly<z.output<typeof rangeSchema>>

/** The reference in the forms that the measures need, prepared once for all ranges. */
export interface Comparison {
  readonly dimensions: number
  readonly classes: number | null
  readonly distanceTo: ((statistics: ReturnType<typeof gaussianOf>) => FrechetDistance) | null
  readonly real: Balls | null
  readonly training: { readonly rows: Rows; readonly typical: number } | null
}

/** Distances and scores are cheap, and measured whenever possible. */
export function comparisonOf({ extractor, metrics, reference, n }: SampleOptions): Comparison {
  const rows = reference?.features ?? null
  const needs = (metric: SampleMetric): Rows | null => (metrics.includes(metric) ? rows : null)
  const [real, training] = [needs('precision-recall'), needs('neighbours')]
  return {
    dimensions: extractor.dimensions,
    classes: extractor.logits?.classes ?? null,
    distanceTo: reference && frechetDistanceFrom(reference.gaussian),
    real: real && ballsOf(randomRows(real, Math.min(n, rowLimits['precision-recall']))),
    training: training && { rows: training, typical: typicalDistance(training) },
  }
}

/** Rows in random order, since data sets are often sorted by class. */
const randomRows = (rows: Rows, count: number): Rows =>
  rowsAt(rows, permutation({ seed: 0, stream: 'order', index: 1, length: rowCount(rows) }).subarray(0, count))

/** Measures a range. @throws MixflowError ARGUMENT_INVALID for features that are not finite */
export async function measureRange(
  { firstImage, images }: ImageRange,
  parts: readonly SamplesPart[],
  {
    read,
    comparison,
  }: { readonly read: (part: SamplesPart) => Promise<SamplesResult>; readonly comparison: Comparison },
): Promise<RangeMeasures> {
  const { dimensions, classes, distanceTo, real, training } = comparison
  const scores = classes === null ? null : scoreAccumulator({ classes, count: images, splits: images < 100 ? 1 : 10 })
  const kept = keptRows(comparison, images)
  const rows = new Float32Array(kept * dimensions)
  let statistics: FeatureStatistics | null = null
  let [nfe, steps, seen, labelled, correct] = [0, 0, 0, 0, 0]
  for (const part of parts) {
    const result = await read(part)
    const partial = statisticsOf(result.features, dimensions)
    statistics = statistics === null ? partial : mergeStatistics(statistics, partial)
    if (seen < kept) rows.set(result.features.subarray(0, (kept - seen) * dimensions), seen * dimensions)
    if (result.logits !== null) scores?.add(result.logits)
    if (result.logits !== null && result.labels !== null) {
      labelled += part.images
      correct += countCorrect(result.logits, result.labels)
    }
    nfe += (result.nfe * part.images) / images
    steps += (result.steps * part.images) / images
    seen += part.images
  }
  const score = scores?.score()
  const spread = score?.standardDeviation ?? Number.NaN
  const first = (count: number): Rows => ({ features: rows.subarray(0, count * dimensions), dimensions })
  return {
    firstImage,
    images,
    nfe,
    steps,
    frechet: distanceTo === null ? null : distanceTo(gaussianOf(statistics!)),
    inception:
      score === undefined ? null : { mean: score.mean, standardDeviation: Number.isFinite(spread) ? spread : null },
    labelAccuracy: labelled === 0 ? null : { share: correct / labelled, images: labelled },
    precisionRecall: real && measurePrecision(real, first(Math.min(images, rowLimits['precision-recall']))),
    nearCopies: training && measureCopies(training, first(Math.min(images, rowLimits.neighbours)), firstImage),
  }
}

function keptRows({ real, training }: Comparison, images: number): number {
  const needed = Math.max(real ? rowLimits['precision-recall'] : 0, training ? rowLimits.neighbours : 0)
  return Math.min(images, needed)
}

const measurePrecision = (real: Balls, generated: Rows) => ({
  ...precisionRecall({ real, generated }),
  images: generated.features.length / generated.dimensions,
})

/** Maximum number of pairs and nearest images in the result. */
const [maxPairs, maxNearest] = [20, 12]

function measureCopies({ rows, typical }: NonNullable<Comparison['training']>, generated: Rows, firstImage: number) {
  const { share, distance, pairs, nearest } = nearCopies({ generated, training: rows }, { typical })
  const numbered = <T extends { readonly generated: number }>(row: T): T => ({
    ...row,
    generated: firstImage + row.generated,
  })
  return {
    share,
    distance,
    images: generated.features.length / generated.dimensions,
    pairs: pairs.slice(0, maxPairs).map(numbered),
    nearest: nearest.slice(0, maxNearest).map(numbered),
  }
}
